"""Runs a stopping rule over known learning curves on a virtual clock."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sweepbox.tuning.schedule.rule import Action, CopyOrder, Report, StoppingRule
from sweepbox.tuning.schedule.runner import RuleRunner


@dataclass(frozen=True)
class Curve:
    """A trial trained to its end: the score of each evaluation, of which more is better, and its seconds."""

    trial: str
    scores: tuple[float, ...]
    seconds: tuple[float, ...]

    def __post_init__(self) -> None:
        """Raise ValueError where scores and seconds do not pair."""
        if not self.scores or len(self.scores) != len(self.seconds):
            raise ValueError(
                f"trial {self.trial!r}: {len(self.scores)} scores and {len(self.seconds)} seconds; "
                "give as many of each, at least one"
            )


Copy = Callable[[CopyOrder], Curve]
"""Returns the curve of a trial that is copied, the evaluations before the copy included."""


def _no_copy(order: CopyOrder) -> Curve:
    raise ValueError(f"{order}: pass `copy` to make it")


@dataclass(frozen=True)
class Step:
    """One evaluation of the simulated sweep, and what was decided on it; None where the curve ended."""

    time: float
    worker: int
    report: Report
    action: Action | None


@dataclass(frozen=True)
class Simulation:
    """A simulated sweep.

    Attributes:
        steps: All evaluations in the order of time.
        stopped: The trials that were stopped, in this order, each with the time.
    """

    steps: tuple[Step, ...]
    stopped: tuple[tuple[float, str], ...]

    @property
    def seconds(self) -> float:
        """When the last evaluation was made."""
        return self.steps[-1].time if self.steps else 0.0

    @property
    def evaluations(self) -> int:
        """How many evaluations were made."""
        return len(self.steps)

    @property
    def finished(self) -> tuple[str, ...]:
        """The trials that ran to their end, in this order."""
        return tuple(step.report.trial for step in self.steps if step.action is None)

    @property
    def improvements(self) -> tuple[Step, ...]:
        """The steps that gave a better score than all before them."""
        best, steps = float("-inf"), []
        for step in self.steps:
            if step.report.score > best:
                best = step.report.score
                steps.append(step)
        return tuple(steps)


def simulate(
    rule: StoppingRule[Any], curves: Sequence[Curve], *, workers: int, copy: Copy = _no_copy
) -> Simulation:
    """Run trials under a rule, as many at a time as there are workers.

    Args:
        rule: The rule, built for as many trials as there are curves and the longest of them.
        curves: The trials in the order in which they start.
        workers: How many trials run at a time.
        copy: How a trial trains that the rule orders; it begins after the order's evaluation.

    Returns:
        What was evaluated and decided, and when. Of evaluations at the same time, the one begun first counts
        first.
    """
    if workers < 1:
        raise ValueError(f"workers: {workers}; give at least 1")
    return _Clock(RuleRunner(rule), curves, copy).run(workers)


class _Clock:
    """The virtual clock: evaluations under way, by the time at which they are done."""

    def __init__(self, runner: RuleRunner, curves: Sequence[Curve], copy: Copy) -> None:
        self._runner = runner
        self._copy = copy
        self._curves = {curve.trial: curve for curve in curves}
        self._new = iter([*self._curves])
        self._made = dict.fromkeys(self._curves, 0)
        self._under_way: list[tuple[float, int, int, str]] = []
        self._begun = 0
        self._steps: list[Step] = []
        self._stopped: list[tuple[float, str]] = []

    def run(self, workers: int) -> Simulation:
        free = self._fill(list(range(workers)), now=0.0)
        while self._under_way:
            now, _, worker, trial = heapq.heappop(self._under_way)
            if self._evaluate(trial, worker, now):
                self._begin(trial, worker, now)
            else:
                heapq.heappush(free, worker)
            free = self._fill(free, now)
        return Simulation(tuple(self._steps), tuple(self._stopped))

    def _fill(self, free: list[int], now: float) -> list[int]:
        """Give trials to the free workers; return the workers for which there is none."""
        while free and (trial := self._next_trial()) is not None:
            self._begin(trial, heapq.heappop(free), now)
        self._stopped += [(now, trial) for trial in self._runner.take_stopped()]
        return free

    def _next_trial(self) -> str | None:
        return self._runner.next_trial(lambda: next(self._new, None), self._make_copy)

    def _make_copy(self, order: CopyOrder) -> str:
        curve = self._copy(order)
        if curve.trial in self._curves:
            raise ValueError(f"trial {curve.trial!r} is here already; give a copy another name")
        self._curves[curve.trial] = curve
        self._made[curve.trial] = order.evaluation
        return curve.trial

    def _begin(self, trial: str, worker: int, now: float) -> None:
        """Begin a trial's next evaluation."""
        seconds = self._curves[trial].seconds[self._made[trial]]
        heapq.heappush(self._under_way, (now + seconds, self._begun, worker, trial))
        self._begun += 1

    def _evaluate(self, trial: str, worker: int, now: float) -> bool:
        """Report a trial's evaluation; return whether it continues on its worker."""
        self._made[trial] += 1
        scores = self._curves[trial].scores
        report = Report(trial, self._made[trial], scores[self._made[trial] - 1])
        action = self._runner.report(report)
        finished = self._made[trial] == len(scores)
        self._steps.append(Step(now, worker, report, None if finished else action))
        if finished:
            self._runner.end(trial)
        elif action is Action.STOP:
            self._stopped.append((now, trial))
        return not finished and action is Action.CONTINUE
