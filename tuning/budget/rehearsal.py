"""A forecast of a whole sweep from the times of a short warm-up."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sweepbox.detection.core.device_memory import PeakMemory
from sweepbox.tuning.budget.limits import Amount, Limits
from sweepbox.tuning.schedule.rule import Plan
from sweepbox.tuning.schedule.simulator import Curve, simulate
from sweepbox.tuning.schedule.table import build_rule, orders_copies
from sweepbox.tuning.spec.schema import SweepSpec


@dataclass(frozen=True)
class WarmUp:
    """What a warm-up of one program has measured, in seconds and bytes.

    Attributes:
        compile_s: The start of the run, its first step and the first batch of an evaluation.
        step_s: A training step.
        evaluation_s: An evaluation.
        is_whole_evaluation: Whether all images were evaluated; otherwise the time is scaled up from a part.
        checkpoint_s: Writing a checkpoint.
        weights_bytes: The weights on disk.
        state_bytes: The state to resume from on disk, weights included.
        memory: What the process has taken of memory at most; None where that was not measured.
    """

    compile_s: float
    step_s: float
    evaluation_s: float
    is_whole_evaluation: bool
    checkpoint_s: float
    weights_bytes: int
    state_bytes: int
    memory: PeakMemory | None = None

    @classmethod
    def mean(cls, measured: Sequence["WarmUp"]) -> "WarmUp":
        """Return the mean of several; the sizes are the largest."""

        def average(name: str) -> float:
            return float(np.mean([getattr(item, name) for item in measured]))

        return cls(
            compile_s=average("compile_s"),
            step_s=average("step_s"),
            evaluation_s=average("evaluation_s"),
            is_whole_evaluation=all(item.is_whole_evaluation for item in measured),
            checkpoint_s=average("checkpoint_s"),
            weights_bytes=max(item.weights_bytes for item in measured),
            state_bytes=max(item.state_bytes for item in measured),
            memory=max(
                (item.memory for item in measured if item.memory is not None),
                key=lambda memory: memory.device_bytes,
                default=None,
            ),
        )

    def trial_s(self, *, steps: int, evaluations: int) -> float:
        """Return the seconds of a full trial, without compilation."""
        return steps * self.step_s + evaluations * (self.evaluation_s + self.checkpoint_s)


@dataclass(frozen=True)
class SweepForecast:
    """What a sweep is expected to take.

    Attributes:
        num_workers: The trials at a time.
        trial_s: The seconds of a full trial, without compilation; the mean of the programs.
        wall_s: The seconds of the sweep, with the stopping rule.
        full_wall_s: The same if every trial runs to its end.
        amount: The trials, their hours, GPU-hours and money, with the stopping rule.
        disk_bytes: The most that checkpoints take at a time.
        ends_by: The limit that ends the sweep before all trials have ended; None if none is expected to.
    """

    num_workers: int
    trial_s: float
    wall_s: float
    full_wall_s: float
    amount: Amount
    disk_bytes: int
    ends_by: str | None


def forecast_sweep(
    spec: SweepSpec,
    programs: Sequence[WarmUp],
    *,
    num_workers: int,
    steps: int,
    evaluations: int,
    time_budget_s: float | None,
) -> SweepForecast:
    """Return the forecast of a sweep from the warm-ups of its programs.

    The stopping rule is simulated on trials of which each keeps its rank from the first evaluation on; where it
    copies trials, all are taken to run to their end. Each worker compiles each program once. The trainings that
    confirm the winner run to their end.
    """
    mean = WarmUp.mean(programs)
    trial_s = mean.trial_s(steps=steps, evaluations=evaluations)
    workers = min(num_workers, spec.trials)
    rounds = math.ceil(spec.trials / workers)
    compile_s = mean.compile_s * min(len(programs), rounds)
    made, wall_s = _simulated(spec, workers, evaluations, trial_s / evaluations)
    confirming = most_confirmations(spec)
    confirming_s = math.ceil(confirming / num_workers) * trial_s
    busy_s = (made / evaluations + confirming) * trial_s + compile_s * workers
    limits = Limits.of(spec)
    amount = limits.amount(trials=spec.trials, trial_s=busy_s, gpu_s=busy_s * spec.resources_per_trial.gpu)
    wall_s += compile_s + confirming_s
    over_time = time_budget_s is not None and wall_s > time_budget_s
    return SweepForecast(
        num_workers=num_workers,
        trial_s=trial_s,
        wall_s=wall_s,
        full_wall_s=rounds * trial_s + compile_s + confirming_s,
        amount=amount,
        disk_bytes=(spec.keep_checkpoints + confirming) * mean.weights_bytes
        + workers * (mean.state_bytes + mean.weights_bytes),
        ends_by=limits.reached_by(amount) or ("time budget" if over_time else None),
    )


def most_confirmations(spec: SweepSpec) -> int:
    """Return how many trainings confirm the winner at most; the search's own of the base config counts."""
    if spec.confirm is None:
        return 0
    top = spec.confirm.top if orders_copies(spec.scheduler) else min(spec.confirm.top, spec.trials)
    return (top + 1) * spec.confirm.trainings - 1


def _simulated(spec: SweepSpec, workers: int, evaluations: int, seconds: float) -> tuple[int, float]:
    """Return how many evaluations a sweep makes under its rule, and how long it takes without compilation."""
    if orders_copies(spec.scheduler):
        return spec.trials * evaluations, math.ceil(spec.trials / workers) * evaluations * seconds
    scores = np.random.default_rng(spec.seed).permutation(spec.trials)
    curves = [
        Curve(f"{index:04d}", (float(score),) * evaluations, (seconds,) * evaluations)
        for index, score in enumerate(scores)
    ]
    plan = Plan(spec.trials, evaluations, spec.seed, protected=frozenset({curves[0].trial}))  # the base config
    rule = build_rule(spec.scheduler, plan)
    simulation = simulate(rule, curves, workers=workers)
    return simulation.evaluations, simulation.seconds
