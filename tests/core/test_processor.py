import platform
from pathlib import Path

from sweepbox.detection.core.processor import processor_flags, processor_name


def test_flags_of_the_first_processor(tmp_path: Path) -> None:
    facts = tmp_path / "cpuinfo"
    facts.write_text("processor\t: 0\nflags\t\t: fpu avx2 sha_ni\n\nprocessor\t: 1\nflags\t\t: fpu avx512f\n")
    assert processor_flags(facts) == {"fpu", "avx2", "sha_ni"}


def test_flags_are_empty_if_unknown(tmp_path: Path) -> None:
    assert processor_flags(tmp_path / "nothing") == frozenset()


def test_name_of_the_first_processor(tmp_path: Path) -> None:
    facts = tmp_path / "cpuinfo"
    facts.write_text("processor\t: 0\nmodel name\t: Fast One\n\nprocessor\t: 1\nmodel name\t: Slow One\n")
    assert processor_name(facts) == "Fast One"


def test_name_falls_back_to_the_architecture(tmp_path: Path) -> None:
    assert processor_name(tmp_path / "nothing") in {platform.processor(), platform.machine()}
