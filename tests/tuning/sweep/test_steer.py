"""Points added to a sweep, and trials stopped, by files in its folder."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sweepbox.detection.config.edits import parse_edit
from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.requests import read_requests
from sweepbox.tuning.storage.trial_record import Origin, TrialState, read_status
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import load_sweep
from sweepbox.tuning.sweep.steer import add_point, end_requested_trials, stop_sweep, stop_trial
from sweepbox.tuning.sweep.stopping import restore_rule
from sweepbox.tuning.trial.compiled_runs import CompiledRunCache
from sweepbox.tuning.trial.worker import TrialWorker

Begin = Callable[..., SweepFolder]
Live = Callable[[SweepFolder, str, Sequence[float], TrialState], None]
RANDOM = {"sampler": {"type": "random"}}


def manager_of(folder: SweepFolder) -> TrialManager:
    return TrialManager(folder, load_spec(folder.spec))


def add(folder: SweepFolder, *settings: str) -> None:
    add_point(folder.path, [parse_edit(text) for text in settings])


def test_a_point_comes_before_further_suggestions_and_beyond_the_number_of_trials(sweep: Begin) -> None:
    folder = sweep(**RANDOM)
    manager = manager_of(folder)
    assert manager.next_trial() == "0000"
    add(folder, "learning_rate=0.003", "focal_gamma=1.25", "random_adjust_brightness.max_delta=0.1")
    add(folder, "learning_rate=0.004", "random_adjust_brightness=false")
    given = [manager.next_trial() for _ in range(5)]
    assert given == ["0001", "0002", "0003", "0004", None]
    statuses = [read_status(trial) for trial in folder.trial_folders()]
    origins = [Origin.SAMPLED, Origin.POINT, Origin.POINT, Origin.SAMPLED, Origin.SAMPLED]
    assert [status.origin for status in statuses] == origins
    assert [status.is_planned for status in statuses] == [True, False, False, True, True]
    assert statuses[1].parameters["learning_rate"] == pytest.approx(0.003)
    assert statuses[1].parameters["focal_gamma"] == 1.25
    assert not read_requests(folder)
    assert load_sweep(folder.path).population == 3


def test_an_added_point_survives_a_restart_and_is_made_once(sweep: Begin, live: Live) -> None:
    folder = sweep(trials=1, **RANDOM)
    manager_of(folder).next_trial()
    live(folder, "0000", [0.1, 0.2, 0.3], TrialState.FINISHED)
    add(folder, "learning_rate=0.003")
    (request,) = folder.requests.iterdir()
    text = request.read_text()
    assert manager_of(folder).next_trial() == "0001"
    request.write_text(text)  # as if the process was killed before it removed the file
    again = manager_of(folder)
    assert again.next_trial() == "0001"
    assert again.next_trial() is None
    assert not list(folder.requests.iterdir())


def test_suggestions_do_not_depend_on_the_moment_of_a_request(sweep: Begin, tmp_path: Path) -> None:
    """The next planned trial is still planned: points take no place of it."""
    folder = sweep(trials=2, **RANDOM)
    add(folder, "learning_rate=0.003")
    manager = manager_of(folder)
    assert [manager.next_trial() for _ in range(4)] == ["0000", "0001", "0002", None]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ((), "no setting is given"),
        (("lerning_rate=1",), "lerning_rate"),
        (("learning_rate=-1",), "learning_rate"),
        (("learning_rate=0.1", "learning_rate=0.2"), "is given twice"),
        (("learning_rate=none",), "a point cannot clear a field"),
        (("model.ssd.num_classes=7",), "cannot be set"),
    ],
)
def test_a_point_that_cannot_run_is_refused_before_it_is_accepted(
    sweep: Begin, settings: tuple[str, ...], words: str
) -> None:
    folder = sweep()
    with pytest.raises(SweepError, match=words):
        add(folder, *settings)
    assert not read_requests(folder)


def test_a_file_that_is_no_request_is_left_aside(sweep: Begin) -> None:
    folder = sweep(trials=1)
    add(folder, "learning_rate=0.003")
    (folder.requests / "1.json").write_text("{")
    assert len(read_requests(folder)) == 1


def test_a_trial_is_stopped_where_the_sweep_runs_again(sweep: Begin, live: Live) -> None:
    folder = sweep()
    manager = manager_of(folder)
    manager.next_trial()
    live(folder, "0000", [0.1], TrialState.INTERRUPTED)
    stop_trial(folder.path, "0000")
    end_requested_trials(folder)
    status = read_status(folder.trial("0000"))
    assert (status.state, status.stopped_by_request) == (TrialState.STOPPED_EARLY, True)
    assert not folder.trial("0000").stop_request.exists()
    rule = restore_rule(folder, load_spec(folder.spec), load_sweep(folder.path).trials)
    assert "0000" not in rule.standings
    assert manager_of(folder).next_trial() == "0001"
    with pytest.raises(SweepError, match="has ended"):
        stop_trial(folder.path, "0000")


def test_a_worker_ends_a_trial_that_is_asked_to(sweep: Begin, live: Live) -> None:
    """It loads and compiles nothing for that."""
    folder = sweep()
    manager = manager_of(folder)
    manager.next_trial()
    live(folder, "0000", [0.1], TrialState.INTERRUPTED)
    stop_trial(folder.path, "0000")
    worker = TrialWorker(folder, "0000", CompiledRunCache(), spec=load_spec(folder.spec))
    assert worker.next_evaluation().state is TrialState.STOPPED_EARLY
    status = manager.close("0000")
    assert (status.state, status.stopped_by_request) == (TrialState.STOPPED_EARLY, True)
    assert len(manager.records["0000"].evaluations) == 1
    assert not folder.trial("0000").stop_request.exists()
    assert not folder.trial("0000").last.exists()


def test_a_sweep_is_asked_to_stop(sweep: Begin) -> None:
    folder = sweep()
    assert stop_sweep(folder.path).stop_reason() == "a request to stop"
    with pytest.raises(SweepError, match="no trial 0007; give one of none so far"):
        stop_trial(folder.path, "0007")
