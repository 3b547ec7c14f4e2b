"""A running sweep that is given a point and asked to end its trials early, on a real Ray."""

from collections.abc import Callable

import pytest

from sweepbox.detection.config.edits import Edit
from sweepbox.tuning.ray_backend.launch import RayConfig, run_sweep
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import Origin, TrialState
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.steer import add_point, stop_trial


class Person:
    """Adds a point once the first trial has results, and stops each trial that has some."""

    def __init__(self, folder: SweepFolder) -> None:
        self._folder = folder
        self._asked: set[str] = set()

    def show(self, state: SweepState, time_left_s: float | None) -> None:
        for trial in state.trials:
            if trial.id in self._asked or not trial.evaluations or trial.state.has_ended:
                continue
            if not self._asked:
                add_point(self._folder.path, [Edit("learning_rate", 0.003)])
            stop_trial(self._folder.path, trial.id)
            self._asked.add(trial.id)


@pytest.mark.slow  # three trials on a real Ray
def test_a_running_sweep_takes_points_and_ends_trials(
    sweep: Callable[..., SweepFolder], shared_ray: None
) -> None:
    folder = sweep(trials=2, max_concurrent=1, training={"steps": 100_000, "evaluate_every": 4})
    outcome = run_sweep(folder, ray_config=RayConfig(cpus=2), listener=Person(folder))
    statuses = [trial.status for trial in outcome.state.trials]
    assert [status.origin for status in statuses] == [Origin.SAMPLED, Origin.POINT, Origin.SAMPLED]
    assert {status.state for status in statuses} == {TrialState.STOPPED_EARLY}
    assert all(status.stopped_by_request and status.attempts == 1 for status in statuses)
    assert outcome.stopped_by is None
    assert outcome.state.is_complete
    assert all(trial.evaluations for trial in outcome.state.trials)
    assert not list(folder.trials.glob("*/stop"))
