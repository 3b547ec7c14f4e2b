"""The order of checkpoints by the objective."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sweepbox.tuning.objective.goal import Metrics
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.objective.order import Merit, front, merits


@dataclass(frozen=True)
class Candidate:
    """A checkpoint to compare: its trial, the number of its evaluation (from 1) and the metrics."""

    trial: str
    evaluation: int
    metrics: Metrics


def best_of(candidates: Iterable[Candidate], objective: Objective) -> Candidate | None:
    """Return the best candidate by constraints and the first goal, or None where there is none to compare.

    A candidate whose metrics are missing or not finite never wins. Of equals by the first goal the next goals
    decide in their order; then the earlier trial, and in it the earlier evaluation wins.
    """
    ordered = by_first_goal(candidates, objective)
    return ordered[0] if ordered else None


def by_first_goal(candidates: Iterable[Candidate], objective: Objective) -> list[Candidate]:
    """Return the comparable candidates, best first by the order of `best_of`."""
    return _ordered(candidates, objective, goals=1)


def ranked(candidates: Iterable[Candidate], objective: Objective) -> list[Candidate]:
    """Return the comparable candidates, best first by constraints and all goals, then the earlier."""
    return _ordered(candidates, objective, goals=len(objective.goals))


def pareto_front(candidates: Iterable[Candidate], objective: Objective) -> list[Candidate]:
    """Return the feasible candidates that no other dominates, the best by the first goal first.

    Where none is feasible, it is empty.
    """
    feasible = [item for item in ranked(candidates, objective) if objective.violation(item.metrics) == 0]
    scores = [objective.merit(item.metrics).scores for item in feasible]
    kept = front(scores) if scores else ()
    return [feasible[index] for index in sorted(kept, key=lambda index: scores[index], reverse=True)]


def _ordered(candidates: Iterable[Candidate], objective: Objective, *, goals: int) -> list[Candidate]:
    comparable = [candidate for candidate in candidates if objective.is_comparable(candidate.metrics)]
    if len(comparable) < 2:
        return comparable  # most trials are stopped after their first evaluation
    in_time = sorted(comparable, key=lambda candidate: (candidate.trial, candidate.evaluation))
    given = [objective.merit(candidate.metrics) for candidate in in_time]
    order = merits([Merit(merit.scores[:goals], merit.violations) for merit in given])
    keys = [(number, *merit.scores[goals:]) for number, merit in zip(order, given, strict=True)]
    ranks = sorted(zip(keys, in_time, strict=True), key=lambda item: item[0], reverse=True)
    return [candidate for _, candidate in ranks]


def trials_to_drop(bests: Sequence[Candidate], objective: Objective, *, keep: int) -> list[str]:
    """Return the trials whose best checkpoint is not among the `keep` best of the sweep, worst last.

    `bests` holds one candidate for each trial. One that cannot be compared is dropped.
    """
    kept = {candidate.trial for candidate in ranked(bests, objective)[:keep]}
    return [candidate.trial for candidate in bests if candidate.trial not in kept]
