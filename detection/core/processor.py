"""What this machine's processor can do, where it decides which way of computing is the faster one."""

import functools
import platform
from pathlib import Path

CPU_FACTS = Path("/proc/cpuinfo")


@functools.cache
def processor_flags(facts: Path = CPU_FACTS) -> frozenset[str]:
    """Return the instruction sets of the first processor by their Linux names; none where nothing tells."""
    return frozenset(_fact(facts, "flags", "Features").split())


def processor_name(facts: Path = CPU_FACTS) -> str:
    """Return the first processor's name, or at least its kind where nothing tells more."""
    return _fact(facts, "model name") or platform.processor() or platform.machine()


def has_only_avx2() -> bool:
    """Tell whether this is an x86 processor with AVX2 and without AVX-512."""
    flags = processor_flags()
    return "avx2" in flags and "avx512f" not in flags


def has_bfloat16() -> bool:
    """Tell whether the processor has instructions for bfloat16."""
    return bool({"avx512_bf16", "amx_bf16", "bf16"} & processor_flags())


def _fact(facts: Path, *names: str) -> str:
    """Return what stands behind the first line of one of these names; nothing where there is none."""
    try:
        lines = facts.read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(names)), "")
