"""Properties of this machine's processor that decide which implementation is faster."""

import functools
import platform
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")


@functools.cache
def processor_flags(cpu_info: Path = CPU_INFO) -> frozenset[str]:
    """Return the Linux names of the first processor's instruction sets; empty if they are unknown."""
    return frozenset(_first_value(cpu_info, "flags", "Features").split())


def processor_name(cpu_info: Path = CPU_INFO) -> str:
    """Return the first processor's name, or its architecture if the name is unknown."""
    return _first_value(cpu_info, "model name") or platform.processor() or platform.machine()


def has_only_avx2() -> bool:
    """Return whether this is an x86 processor with AVX2 and without AVX-512."""
    flags = processor_flags()
    return "avx2" in flags and "avx512f" not in flags


def has_bfloat16() -> bool:
    """Return whether the processor has instructions for bfloat16."""
    return bool({"avx512_bf16", "amx_bf16", "bf16"} & processor_flags())


def _first_value(cpu_info: Path, *names: str) -> str:
    """Return the value in the first line that starts with one of these names; empty if there is none."""
    try:
        lines = cpu_info.read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(names)), "")
