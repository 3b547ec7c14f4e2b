"""What this machine's processor can do, where it decides which way of computing is the faster one."""

import functools
from pathlib import Path

CPU_FACTS = Path("/proc/cpuinfo")


@functools.cache
def processor_flags(facts: Path = CPU_FACTS) -> frozenset[str]:
    """Return the instruction sets of the first processor by their Linux names; none where nothing tells."""
    try:
        lines = facts.read_text().splitlines()
    except OSError:
        return frozenset()
    found = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return frozenset(found.partition(":")[2].split())


def has_only_avx2() -> bool:
    """Tell whether this is an x86 processor with AVX2 and without AVX-512."""
    flags = processor_flags()
    return "avx2" in flags and "avx512f" not in flags


def has_bfloat16() -> bool:
    """Tell whether the processor has instructions for bfloat16."""
    return bool({"avx512_bf16", "amx_bf16", "bf16"} & processor_flags())
