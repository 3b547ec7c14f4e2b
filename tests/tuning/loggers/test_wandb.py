"""Weights & Biases without an account: runs are kept in the sweep's folder."""

import json
import struct
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sweepbox.tuning.loggers.logger import LoggedEnd, LoggedTrial
from sweepbox.tuning.loggers.table import log_end, loggers_of
from sweepbox.tuning.storage.trial_record import TrialState
from tests.tuning.loggers.conftest import evaluation, step_report

pytest.importorskip("wandb", reason="wandb is not installed; pip install 'sweepbox[wandb]'")
pytestmark = [
    pytest.mark.slow,  # it starts a process of its own
    pytest.mark.filterwarnings("ignore"),  # of packages inside wandb
]


@pytest.fixture(autouse=True)
def logged_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have nobody logged in, and no files outside the test's folder."""
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    for name in ("WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "wandb-home"))
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


def records(path: Path) -> list[Any]:
    """Return the records of an offline run: a LevelDB log after a header of seven bytes."""
    from wandb.proto import wandb_internal_pb2

    [file] = path.glob("run-*.wandb")
    data, place, block, text, found = file.read_bytes(), 7, 32 * 1024, b"", []
    while place + 7 <= len(data):
        if block - place % block < 7:
            place += block - place % block
            continue
        _, length, kind = struct.unpack_from("<IHB", data, place)
        text += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or the last part
            found.append(wandb_internal_pb2.Record.FromString(text))
            text = b""
    return found


def whole(path: Path) -> list[Any]:
    """Return the records of an offline run when its last one, which another process writes, is there."""
    deadline = time.monotonic() + 20
    while True:
        found = records(path)
        if found and found[-1].WhichOneof("record_type") == "exit":
            return found
        assert time.monotonic() < deadline
        time.sleep(0.05)


def logged(found: list[Any]) -> list[dict[str, Any]]:
    return [
        {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
        for record in found
        if record.WhichOneof("record_type") == "history"
    ]


def test_a_trial_is_a_run_and_a_resumed_one_continues_it(lived: LoggedTrial) -> None:
    for start in (0, 2):
        loggers = loggers_of(["wandb"], replace(lived, step=start))
        loggers.log_steps(step_report(start + 1, 1.5))
        loggers.log_evaluation(evaluation(start + 2))
        loggers.close()
    end = LoggedEnd(lived.sweep_folder, "mine", {"0003": TrialState.FINISHED}, "0003")
    assert log_end(["wandb"], end) == []
    parts = sorted((lived.sweep_folder.path / "wandb").glob("offline-run-*"))
    assert len(parts) == 3
    read = [whole(path) for path in parts]
    runs = [record.run for part in read for record in part if record.WhichOneof("record_type") == "run"]
    run_id = lived.folder.run_of("wandb").read_text().strip()
    assert {(run.run_id, run.project, run.display_name) for run in runs} == {(run_id, "mine", "0003")}
    for start, part in zip((0, 2), read, strict=False):
        lines = logged(part)
        assert [line["step"] for line in lines] == [start + 1, start + 2]
        assert lines[0]["training/loss/total"] == 1.5
        assert lines[1]["evaluation/AP@.50/with mask (1)"] == 0.5
    config = {item.key: json.loads(item.value_json) for item in runs[0].config.update}
    assert config["parameters"] == {"rate": 0.01, "flip": True, "kind": "adam"}
    assert config["changes"] == {"train_config.batch_size": 4}
    artifacts = [record.artifact for record in read[2] if record.WhichOneof("record_type") == "artifact"]
    assert [(artifact.type, artifact.name) for artifact in artifacts] == [("model", f"model-{run_id}")]
    assert (parts[0] / "files" / "pipeline.config").exists()
