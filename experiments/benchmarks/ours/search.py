"""Simulated sweeps: the compute to come within 1 % of the best score, for every sampler and stopping rule.

    python -m experiments.benchmarks.ours.search [--trials 64] [--seeds 30] [--processes 2]

Prints one JSON object: `runs` has a row for each family, sampler and rule with the compute of each seed in
whole trainings, null where the sweep never came there; `left_out` says which samplers and rules are not run.
"""

import argparse
import json
from collections.abc import Iterator
from multiprocessing import get_context
from typing import Any

from experiments.benchmarks.search_families import FAMILIES, Scores, family_of
from sweepbox.tuning.schedule.rule import Action, Actions, Event, Plan, Report, StoppingRule
from sweepbox.tuning.schedule.simulator import simulate
from sweepbox.tuning.schedule.table import RULES, build_rule
from sweepbox.tuning.search.observation import ObservedState
from sweepbox.tuning.search.samplers.table import SAMPLERS, sampler_of
from sweepbox.tuning.search.suggestions import Suggestions
from sweepbox.tuning.spec.schema import SamplerSpec, SchedulerSpec

WORKERS = 8
TARGET = 0.99
TOO_SLOW = {"gp": "a suggestion takes about a second, and all of them hours"}
Task = tuple[str, str, str, int, int]
"""Family, sampler, rule, seed, number of trials."""


class TargetReached(Exception):  # noqa: N818 - no error
    """A trial came to the target; ends the simulation."""


class SimulatedSweep:
    """The trials of a sweep: each is suggested when it starts, from what was reported until then."""

    def __init__(self, family: str, sampler: str, seed: int) -> None:
        self.family = family_of(family)
        self._seed = seed + 1000 * [*FAMILIES].index(family)
        self._suggestions = Suggestions(
            sampler_of(SamplerSpec(type=sampler)), self.family.space, seed=self._seed
        )
        self._numbers: dict[str, int] = {}

    def start(self, trial: str) -> Scores:
        """Return the learning curve of a trial that starts now."""
        suggestion = self._suggestions.suggest()
        self._numbers[trial] = suggestion.number
        return self.family.scores(suggestion.parameters, self._seed)

    def report(self, report: Report) -> None:
        """Pass an evaluation on to the sampler; the last one finishes the trial."""
        number = self._numbers[report.trial]
        self._suggestions.report(number, report.evaluation, report.score)
        if report.evaluation == self.family.evaluations:
            best = max(self._suggestions.trial(number).intermediate_values.values())
            self._suggestions.close(number, ObservedState.FINISHED, scores=(best,))

    def stop(self, trial: str) -> None:
        """Close a trial that the rule stopped."""
        self._suggestions.close(self._numbers[trial], ObservedState.STOPPED_EARLY)


class StartedCurve:
    """The curve of a trial, which is suggested when the simulator first reads it: when the trial starts."""

    def __init__(self, trial: str, sweep: SimulatedSweep) -> None:
        self.trial = trial
        self.seconds = (1.0,) * sweep.family.evaluations
        self._sweep = sweep
        self._scores: Scores = ()

    def __getattribute__(self, name: str) -> Any:
        """Suggest the trial before its first evaluation begins."""
        if name == "seconds" and not self._scores:
            self._scores = self._sweep.start(self.trial)
        return object.__getattribute__(self, name)

    @property
    def scores(self) -> Scores:
        """The score of each evaluation."""
        return self._scores


class ObservedRule:
    """A stopping rule whose reports and stops reach the sampler, in the order of simulated time.

    It counts the evaluations, and raises `TargetReached` at the first one that comes to the target.
    """

    def __init__(self, rule: StoppingRule[Any], sweep: SimulatedSweep, plan: Plan) -> None:
        self.plan = plan
        self._rule = rule
        self._sweep = sweep
        self.evaluations = 0

    def initial_state(self) -> Any:
        """Return the rule's own."""
        return self._rule.initial_state()

    def decide(self, state: Any, event: Event) -> tuple[Any, Actions]:
        """Return what the rule decides, once the sampler has the report."""
        if isinstance(event, Report):
            self.evaluations += 1
            if event.score >= TARGET * self._sweep.family.best:
                raise TargetReached
            self._sweep.report(event)
        state, actions = self._rule.decide(state, event)
        for trial, action in actions.items():
            if action is Action.STOP:
                self._sweep.stop(trial)
        return state, actions


def compute_to_target(task: Task) -> float | None:
    """Return the compute until a trial first came to the target, in whole trainings; None where none did."""
    family, sampler, rule, seed, trials = task
    sweep = SimulatedSweep(family, sampler, seed)
    evaluations = sweep.family.evaluations
    plan = Plan(trials=trials, max_evaluations=evaluations, seed=seed)
    observed = ObservedRule(build_rule(SchedulerSpec(type=rule), plan), sweep, plan)
    curves: Any = [StartedCurve(f"{number:04}", sweep) for number in range(trials)]
    try:
        simulate(observed, curves, workers=WORKERS)
    except TargetReached:
        return observed.evaluations / evaluations
    return None


def left_out() -> Iterator[tuple[str, str]]:
    """Yield each sampler and rule that is not run, and why."""
    spaces = [family_of(name).space for name in FAMILIES]
    for name in SAMPLERS:
        problems = [line for space in spaces for line in sampler_of(SamplerSpec(type=name)).problems(space)]
        if name in TOO_SLOW or problems:
            yield name, TOO_SLOW.get(name) or problems[0]
    for name, kind in RULES.items():
        if getattr(kind, "copies", False):
            yield name, "it copies trials, and these curves depend on no earlier training"


def main() -> None:
    options = _arguments()
    skipped = dict(left_out())
    cases = [
        (family, sampler, rule)
        for family in FAMILIES
        for sampler in SAMPLERS
        for rule in RULES
        if sampler not in skipped and rule not in skipped
    ]
    tasks: list[Task] = [(*case, seed, options.trials) for case in cases for seed in range(options.seeds)]
    with get_context("spawn").Pool(options.processes) as pool:
        computed = pool.map(compute_to_target, tasks, chunksize=5)
    runs = [
        {
            "family": family,
            "sampler": sampler,
            "rule": rule,
            "trainings": computed[first : first + options.seeds],
        }
        for first, (family, sampler, rule) in zip(range(0, len(tasks), options.seeds), cases, strict=True)
    ]
    print(json.dumps({"runs": runs, "left_out": skipped}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
