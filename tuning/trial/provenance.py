"""The provenance of a trial: packages, device and data, recorded beside its results."""

import platform
from typing import Any

from sweepbox.detection.core.devices import current_device
from sweepbox.detection.core.files import write_json
from sweepbox.detection.core.versions import package_versions
from sweepbox.tuning.storage.folder import TrialFolder

PACKAGES = ("sweepbox", "keras", "tensorflow", "jax", "numpy", "ray", "optuna", "pyarrow")
"""The packages on which results depend."""


def record_provenance(trial: TrialFolder, *, backend: str, precision: str, data_sha256: str) -> None:
    """Write a trial's `provenance.json`: packages, device and driver, numerics, data."""
    device = current_device()
    facts: dict[str, Any] = {
        "packages": package_versions(PACKAGES),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "backend": backend,
        "precision": precision,
        "device": device.name,
        "driver": device.driver,
        "data_sha256": data_sha256,
    }
    write_json(trial.provenance, facts, makes_folder=False)
