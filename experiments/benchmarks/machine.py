"""The machine and the versions that a figure was measured with."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from experiments.parity.report import commit_of
from sweepbox.detection.core.processor import processor_name

ROOT = Path(__file__).parents[2]
PACKAGES = ("tensorflow", "keras", "numpy", "ray", "optuna", "jax")


def facts() -> dict[str, Any]:
    """Return processor, cores, memory, versions and commit, which is marked if the tree has changes."""
    return {
        "processor": processor_name(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "commit": commit_of(ROOT),
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
