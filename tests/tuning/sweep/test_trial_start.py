"""What a training run takes over from a trial of a sweep."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sweepbox.detection.core.errors import SweepboxError, UsageError
from sweepbox.scripts.train import command
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.opening import check_no_trial
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.trial_start import trial_start
from tests.conftest import Invoke


@pytest.fixture
def folder(sweep: Callable[..., SweepFolder], live: Callable[..., None]) -> SweepFolder:
    """A sweep whose first trial keeps a checkpoint, and whose second one does not."""
    folder = sweep()
    manager = TrialManager(folder, load_spec(folder.spec))
    manager.next_trial()
    manager.next_trial()
    live(folder, "0000", [0.1, 0.2, 0.3], TrialState.FINISHED)
    return folder


def test_it_has_the_config_the_weights_and_the_data(folder: SweepFolder) -> None:
    start = trial_start(f"{folder.path}:0000", needs_data=True)
    assert start.config == folder.trial("0000").config
    assert start.checkpoint == folder.trial("0000").best
    assert start.data is not None
    assert (start.data / "dataset.json").is_file()
    assert trial_start(f"{folder.path}:0000", needs_data=False).data is None


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("run", "give the sweep's folder and the trial, such as runs/mine:0004"),
        ("run:", "give the sweep's folder and the trial"),
        ("run:7", "no trial 7; give one of 0000, 0001"),
        ("run:0001", "the trial's checkpoint is not there: a sweep keeps those of its best 2 trials"),
        ("absent:0001", "absent"),
    ],
)
def test_another_one_is_refused(folder: SweepFolder, tmp_path: Path, named: str, words: str) -> None:
    with pytest.raises(SweepboxError, match=words):
        trial_start(f"{tmp_path}/{named}", needs_data=True)


def test_a_trial_is_not_trained_on_in_place(folder: SweepFolder, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--from-trial .*run:0000"):
        check_no_trial(folder.trial("0000").path)
    check_no_trial(tmp_path / "other" / "trials" / "0000")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give the pipeline.config to train, or a trial of a sweep"),
        (["pipeline.config", "--from-trial", "run:0000"], "--from-trial and a pipeline.config contradict"),
        (["--from-trial", "run:0000", "--initial-weights", "imagenet"], "--initial-weights contradict"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    invoke: Invoke, tmp_path: Path, arguments: list[str], words: str
) -> None:
    result = invoke(command, *arguments, "--out", tmp_path / "new")
    assert isinstance(result.exception, UsageError)
    assert words in str(result.exception)
