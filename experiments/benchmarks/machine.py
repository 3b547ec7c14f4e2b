"""What a figure was measured on."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from experiments.parity.report import commit_of

ROOT = Path(__file__).parents[2]
PACKAGES = ("tensorflow", "keras", "numpy", "ray", "optuna", "jax")


def facts() -> dict[str, Any]:
    """Return processor, cores, memory, versions and the commit, marked where the tree is changed."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "commit": commit_of(ROOT),
    }


def has_bfloat16() -> bool:
    """Tell whether the processor has instructions for bfloat16; without, a step takes minutes in it."""
    return bool({"avx512_bf16", "amx_bf16", "bf16"} & set(_cpu_facts("flags", "Features").split()))


def _processor() -> str:
    return _cpu_facts("model name") or platform.processor() or platform.machine()


def _cpu_facts(*names: str) -> str:
    """Return what the first processor says under one of the names; empty where it says nothing."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(names):
            return line.split(":", 1)[1].strip()
    return ""


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
