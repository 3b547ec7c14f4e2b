from pathlib import Path

from detection.core.processor import processor_flags


def test_flags_are_those_of_the_first_processor(tmp_path: Path) -> None:
    facts = tmp_path / "cpuinfo"
    facts.write_text("processor\t: 0\nflags\t\t: fpu avx2 sha_ni\n\nprocessor\t: 1\nflags\t\t: fpu avx512f\n")
    assert processor_flags(facts) == {"fpu", "avx2", "sha_ni"}


def test_a_system_that_does_not_tell_has_no_flags(tmp_path: Path) -> None:
    assert processor_flags(tmp_path / "nothing") == frozenset()
