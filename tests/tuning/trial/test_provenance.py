import json
from pathlib import Path

from sweepbox.detection.core.processor import processor_name
from sweepbox.tuning.storage.folder import TrialFolder
from sweepbox.tuning.trial.provenance import record_provenance


def test_versions_device_and_data_are_written(tmp_path: Path) -> None:
    trial = TrialFolder(tmp_path)
    record_provenance(trial, backend="tensorflow", precision="float32", data_sha256="ab" * 32)
    written = json.loads(trial.provenance.read_text())
    assert {"sweepbox", "keras", "tensorflow", "numpy", "ray", "optuna"} <= set(written["packages"])
    assert written["device"] == processor_name()
    assert written["driver"] is None
    assert (written["backend"], written["precision"]) == ("tensorflow", "float32")
    assert written["data_sha256"] == "ab" * 32
