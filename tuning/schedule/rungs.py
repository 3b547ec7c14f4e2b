"""The evaluations at which a stopping rule compares trials, to be drawn beside learning curves."""

import math

from sweepbox.tuning.schedule.asha import Asha
from sweepbox.tuning.schedule.hyperband import HyperBand
from sweepbox.tuning.schedule.rule import Plan
from sweepbox.tuning.schedule.table import build_rule
from sweepbox.tuning.schedule.top_k import TopK
from sweepbox.tuning.spec.schema import SchedulerSpec


def rungs_of(spec: SchedulerSpec, *, trials: int, max_evaluations: int) -> tuple[int, ...]:
    """Return the evaluations at which trials are compared, rising; empty for rules without fixed ones.

    A rung between two evaluations counts as the later one, at which trials come to it.

    Args:
        spec: The rule of a sweep file.
        trials: The planned trials.
        max_evaluations: The most evaluations of a trial.
    """
    rule = build_rule(spec, Plan(trials=trials, max_evaluations=max_evaluations))
    if isinstance(rule, Asha):
        found = {math.ceil(rung.evaluation) for rung in rule.initial_state().rungs}
    elif isinstance(rule, TopK):
        found = set(rule.initial_state().milestones)
    elif isinstance(rule, HyperBand):
        found = set(rule.all_milestones())
    else:
        found = set()
    return tuple(sorted(found))
