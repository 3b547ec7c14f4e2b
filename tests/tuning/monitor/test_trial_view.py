import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.console import Console

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.monitor.trial_view import trial_view
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import CopiedFrom, Origin, TrialState, read_status, write_status
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import load_sweep


@pytest.fixture
def folder(sweep: Callable[..., SweepFolder], live: Callable[..., None]) -> SweepFolder:
    """A sweep with a finished, a failed and a copied trial."""
    folder = sweep(objective={"metric": "mAP"}, trials=3)
    manager = TrialManager(folder, load_spec(folder.spec))
    for _ in range(3):
        manager.next_trial()
    live(folder, "0000", [0.2, 0.6, 0.4], TrialState.FINISHED)
    live(folder, "0001", [], TrialState.FAILED)
    trial = folder.trial("0001")
    write_status(trial, replace(read_status(trial), error="out of memory [at step 3]"))
    trial.traceback.write_text("Traceback:\n  ten lines\nMemoryError: out of memory [at step 3]\n")
    trial = folder.trial("0002")
    write_status(trial, replace(read_status(trial), origin=Origin.COPIED, copied_from=CopiedFrom("0000", 2)))
    return folder


def shown(folder: SweepFolder, trial: str, *, width: int = 120) -> str:
    console = Console(width=width, file=io.StringIO())
    console.print(trial_view(load_sweep(folder.path), trial))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_finished_trial(folder: SweepFolder) -> None:
    text = shown(folder, "0000")
    assert "0000, the best of the sweep" in text
    assert "step 6 of 6" in text
    assert "best        mAP 0.6000 at evaluation 2" in text
    [header] = [line.split() for line in text.splitlines() if line.startswith("evaluation")]
    assert header == ["evaluation", "step", "seconds", "images/s", "mAP", "AP@.50/with_mask", "loss/total"]
    rows = [line.split() for line in text.splitlines()[-3:]]
    assert [row[4] for row in rows] == ["0.2000", "0.6000", "0.4000"]
    [rate] = [line for line in text.splitlines() if "learning_rate_base" in line]
    assert rate.split()[1] == "0.004", "the base config's"


def test_a_failed_trial_with_its_traceback(folder: SweepFolder) -> None:
    text = shown(folder, "0001")
    assert text.rstrip().endswith("MemoryError: out of memory [at step 3]")
    assert "  ten lines" in text


def test_a_copy(folder: SweepFolder) -> None:
    assert "origin      copied from 0000, evaluation 2" in shown(folder, "0002")


def test_a_narrow_terminal_folds_and_loses_nothing(folder: SweepFolder) -> None:
    narrow = "".join(shown(folder, "0000", width=50).split())
    assert "learning_rate_base" in narrow
    assert str(folder.trial("0000").path).replace(" ", "") in narrow


def test_a_trial_that_is_not_there(folder: SweepFolder) -> None:
    with pytest.raises(SweepError, match="no trial 0009; give one of 0000, 0001, 0002"):
        shown(folder, "0009")


def test_everything_as_json(folder: SweepFolder) -> None:
    told = load_sweep(folder.path).trial("0000").to_full_json()
    assert [item["metrics"]["mAP"] for item in told["evaluations"]] == [0.2, 0.6, 0.4]
    assert {"path", "before", "after"} == set(told["changes"][0])
