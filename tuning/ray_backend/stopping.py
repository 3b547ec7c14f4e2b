"""The schedulers that stop poor trials early."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from ray.tune.schedulers import AsyncHyperBandScheduler, FIFOScheduler, TrialScheduler

from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.ray_backend.trainable import EVALUATION, SCORE, TRIAL_KEY
from sweepbox.tuning.schedule.asha import AshaOptions
from sweepbox.tuning.spec.schema import SchedulerSpec
from sweepbox.tuning.sweep.trial_result import TrialResult


class SweepAsha(AsyncHyperBandScheduler):  # type: ignore[misc]
    """ASHA that knows trials by the sweep's ids, so that a resumed trial takes its old place in the rungs."""

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        """Take a trial in."""
        super().on_trial_add(tune_controller, _known_as(trial))

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """Return whether the trial goes on."""
        return str(super().on_trial_result(tune_controller, _known_as(trial), result))

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:
        """Note the last result of a trial that has ended."""
        super().on_trial_complete(tune_controller, _known_as(trial), result)

    def on_trial_error(self, tune_controller: Any, trial: Any) -> None:
        """Drop a trial that failed."""
        super().on_trial_error(tune_controller, _known_as(trial))

    def on_trial_remove(self, tune_controller: Any, trial: Any) -> None:
        """Drop a trial that was given up."""
        super().on_trial_remove(tune_controller, _known_as(trial))

    def replay(self, trials: Iterable[TrialResult], objective: Objective) -> None:
        """Fill the rungs with what trials reported before this process, in the order of time."""
        known = [trial for trial in trials if trial.status.duplicate_of is None]
        reports = sorted(
            ((item.time, trial.id, item) for trial in known for item in trial.evaluations),
            key=lambda report: report[:2],
        )
        stand_ins = {trial.id: SimpleNamespace(config={TRIAL_KEY: trial.id}) for trial in known}
        for stand_in in stand_ins.values():
            self.on_trial_add(None, stand_in)
        for _, name, item in reports:
            self.on_trial_result(
                None, stand_ins[name], {EVALUATION: item.evaluation, SCORE: objective.score(item.metrics)}
            )


def build_scheduler(
    spec: SchedulerSpec, objective: Objective, *, longest: int, earlier: Iterable[TrialResult]
) -> TrialScheduler:
    """Return a sweep's scheduler; `longest` is the most evaluations of a trial, `earlier` what ran before."""
    if spec.type == "none":
        return FIFOScheduler()
    settings = AshaOptions.model_validate(spec.options)
    scheduler = SweepAsha(
        time_attr=EVALUATION,
        metric=SCORE,
        mode=str(objective.mode),
        max_t=longest,
        grace_period=min(settings.grace_period, longest),
        reduction_factor=settings.reduction_factor,
    )
    scheduler.replay(earlier, objective)
    return scheduler


def _known_as(trial: Any) -> SimpleNamespace:
    return SimpleNamespace(trial_id=trial.config[TRIAL_KEY])
