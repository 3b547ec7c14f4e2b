import json
from pathlib import Path

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.storage.checksum import KEY, with_checksum, without_checksum
from sweepbox.tuning.storage.folder import TrialFolder
from sweepbox.tuning.storage.trial_record import (
    Evaluation,
    TrialState,
    TrialStatus,
    read_evaluations,
    read_status,
    write_evaluations,
    write_status,
)

EVALUATIONS = [Evaluation(number, 2 * number, 3.5, 1.25, {"mAP": 0.1 * number}) for number in (1, 2)]
STATUS = TrialStatus(TrialState.RUNNING, 5, "f" * 16, 8, 4, {"learning_rate": 0.001, "name": "é"})


@pytest.mark.parametrize(
    "text", ['{"a": 1}', '{"a": 1}\n', '{\n  "a": 1\n}\n', '{\n  "a": {\n    "b": "é"\n  }\n}']
)
def test_the_checksum_is_a_key_more_and_comes_off_again(text: str) -> None:
    checked = with_checksum(text)
    assert {**json.loads(text), KEY: json.loads(checked)[KEY]} == json.loads(checked)
    assert checked.count("\n") in (text.count("\n"), text.count("\n") + 1)
    assert without_checksum(checked.encode()) == text.encode()
    assert without_checksum(text.encode()) == text.encode(), "older versions wrote none"


@pytest.fixture
def trial(tmp_path: Path) -> TrialFolder:
    trial = TrialFolder(tmp_path)
    write_status(trial, STATUS)
    write_evaluations(trial, EVALUATIONS)
    return trial


def test_any_bit_that_flips_in_a_status_is_noticed(trial: TrialFolder) -> None:
    content = trial.status.read_bytes()
    for bit in range(len(content) * 8):
        flip(trial.status, content, bit)
        with pytest.raises(SweepError, match="damaged"):
            read_status(trial)
    trial.status.write_bytes(content)
    assert read_status(trial) == STATUS


def test_any_bit_that_flips_in_an_evaluation_is_noticed_or_leaves_out_the_last(trial: TrialFolder) -> None:
    content = trial.metrics.read_bytes()
    for bit in range(len(content) * 8):
        flip(trial.metrics, content, bit)
        try:
            assert read_evaluations(trial) == tuple(EVALUATIONS[:1])
        except SweepError as error:
            assert "damaged" in str(error)
    trial.metrics.write_bytes(content)
    assert read_evaluations(trial) == tuple(EVALUATIONS)


def flip(path: Path, content: bytes, bit: int) -> None:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    path.write_bytes(bytes(changed))
