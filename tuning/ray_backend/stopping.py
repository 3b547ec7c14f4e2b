"""Runs the sweep's stopping rule under Ray Tune."""

from typing import Any

from ray.tune.schedulers import FIFOScheduler, TrialScheduler

from sweepbox.tuning.ray_backend.trainable import RECORD, TRIAL_KEY
from sweepbox.tuning.schedule.rule import Action
from sweepbox.tuning.storage.trial_record import parse_evaluation
from sweepbox.tuning.sweep.running import RunnableTrials


class RuleScheduler(FIFOScheduler):  # type: ignore[misc]  # Ray has no types
    """Ray's scheduler for every rule.

    To Ray a paused trial is over: its process is free for another trial at once, and no state travels, as a
    trial resumes from its own folder. A promoted trial is handed out by `TrialSource` as a new trial of Ray's.
    """

    def __init__(self, trials: RunnableTrials) -> None:
        super().__init__()
        self._trials = trials

    def __getstate__(self) -> dict[str, Any]:
        """Keep the trials out of Ray's own checkpoints."""
        return {}

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:  # noqa: ARG002
        """Return whether the trial keeps its process; Ray calls this for all results but a trial's last."""
        action = self._report(trial, result)
        return str(TrialScheduler.CONTINUE if action is Action.CONTINUE else TrialScheduler.STOP)

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:  # noqa: ARG002
        """Report a trial's last evaluation; the callback closes the trial."""
        self._report(trial, result)

    def _report(self, trial: Any, result: dict[str, Any]) -> Action:
        if RECORD not in result:
            return Action.CONTINUE
        return self._trials.report(trial.config[TRIAL_KEY], parse_evaluation(result[RECORD]))
