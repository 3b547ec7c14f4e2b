"""The order of checkpoints by the objective."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sweepbox.tuning.objective.objective import Metrics, Objective


@dataclass(frozen=True)
class Candidate:
    """A checkpoint to compare: its trial, the number of its evaluation (from 1) and the metrics."""

    trial: str
    evaluation: int
    metrics: Metrics


def best_of(candidates: Iterable[Candidate], objective: Objective) -> Candidate | None:
    """Return the best candidate, or None where there is none to compare.

    A candidate whose metrics are missing or not finite never wins; of equals, the earlier trial and in it the
    earlier evaluation wins.
    """
    ordered = ranked(candidates, objective)
    return ordered[0] if ordered else None


def ranked(candidates: Iterable[Candidate], objective: Objective) -> list[Candidate]:
    """Return the comparable candidates, best first; of equals the earlier first."""
    comparable = [candidate for candidate in candidates if objective.is_comparable(candidate.metrics)]
    in_time = sorted(comparable, key=lambda candidate: (candidate.trial, candidate.evaluation))
    return sorted(in_time, key=lambda candidate: objective.rank(candidate.metrics), reverse=True)


def trials_to_drop(bests: Sequence[Candidate], objective: Objective, *, keep: int) -> list[str]:
    """Return the trials whose best checkpoint is not among the `keep` best of the sweep, worst last.

    `bests` holds one candidate for each trial. One that cannot be compared is dropped.
    """
    kept = {candidate.trial for candidate in ranked(bests, objective)[:keep]}
    return [candidate.trial for candidate in bests if candidate.trial not in kept]
