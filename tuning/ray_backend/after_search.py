"""What follows a search on Ray: its winner is confirmed, and the winner's detections are examined."""

import logging
from collections.abc import Callable
from typing import Protocol, TypeVar

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.ray_backend.confirmation import RunTrials, confirm_winner
from sweepbox.tuning.ray_backend.evaluation import EvaluationPool
from sweepbox.tuning.ray_backend.watch import RayDeathError
from sweepbox.tuning.report.detector.section import detector_report_of, winner_trial
from sweepbox.tuning.spec.confirm import ConfirmSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import read_sweep
from sweepbox.tuning.sweep.spending import reason_to_end_search
from sweepbox.tuning.sweep.state import SweepState

START_S = 30.0
"""The seconds that a process takes to start and to compile, about."""

LARGEST_SHARE = 0.05
"""The share of the time spent in trials that the examination of an unconfirmed winner may take."""

Result = TypeVar("Result")

logger = logging.getLogger(__name__)


class Call(Protocol):
    """Makes a call of Ray in the thread that makes all of them."""

    def __call__(self, work: Callable[[], Result]) -> Result:
        """Return what `work` returns."""
        ...


def finish_winner(
    manager: TrialManager, confirm: ConfirmSpec | None, *, run_trials: RunTrials, call: Call, num_workers: int
) -> None:
    """Confirm the winner and examine its detections, where the search is over and nobody asked to stop.

    Args:
        manager: The trials of the sweep.
        confirm: How the winner is confirmed; None where it is not, or was before.
        run_trials: Runs trials on Ray.
        call: Makes calls of Ray.
        num_workers: The largest number of processes that evaluate.

    Raises:
        SweepError: No training of a finalist came to a result, or weights cannot be evaluated.
    """
    state = manager.records.snapshot()
    folder = state.folder
    is_over = state.is_searched or reason_to_end_search(state) is not None
    if not is_over or folder.stop_request.exists() or state.best is None:
        return
    pool = EvaluationPool(folder, state.spec, num_workers=num_workers)
    try:
        if confirm is not None:
            confirm_winner(
                manager,
                confirm,
                run_trials=run_trials,
                evaluate=lambda trial_ids, part: call(lambda: pool.evaluate(trial_ids, part)),
                evaluate_as_exported=lambda ids, how: call(lambda: pool.evaluate_as_exported(ids, how)),
                tune=lambda trial_id: call(lambda: pool.tune(trial_id)),
            )
        examine_winner(folder, lambda trial_id: call(lambda: pool.examine(trial_id)))
    finally:
        call(pool.close)


def examine_winner(folder: SweepFolder, examine: Callable[[str], str | None]) -> None:
    """Write `detector.json` of the winner where it is missing and does not take long; a failure is logged."""
    state = read_sweep(folder, is_running=True)
    trial_id = winner_trial(state)
    is_chosen = state.spec.confirm is None or state.confirmed_winner is not None
    if trial_id is None or not is_chosen or folder.stop_request.exists():
        return
    if detector_report_of(state) is not None or not _is_cheap(state, trial_id):
        return
    try:
        reason = examine(trial_id)
    except RayDeathError:
        raise
    except SweepError as error:
        reason = str(error)
    if reason:
        logger.warning("the winner's detections are not examined: %s", reason.splitlines()[0])


def _is_cheap(state: SweepState, trial_id: str) -> bool:
    """Return whether an examination takes little of what the sweep took.

    The predictions of a confirmed winner are there already, and so is the process.
    """
    if state.confirmed_winner is not None:
        return True
    best = state.trial(trial_id).best
    evaluation_s = None if best is None else best.evaluation_s
    spent_s = sum(trial.seconds for trial in state.trials)
    return START_S + (evaluation_s or 0.0) <= LARGEST_SHARE * spent_s
