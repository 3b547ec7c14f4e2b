"""The order of trials by several numbers: constraints first, then one score or the Pareto order of several.

Feasible trials come before infeasible ones, and of these the less violated first (Deb 2000,
doi:10.1016/S0045-7825(99)00389-8). A constraint that every trial violates completely tells nothing apart and is
left out. Several scores are ordered by non-dominated rank, then by crowding distance (Deb et al. 2002,
doi:10.1109/4235.996017).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

COMPLETE = 1.0
"""The violation of a constraint whose metric is 0."""


@dataclass(frozen=True)
class Merit:
    """What is compared: the scores, of which more is better, and the violations of constraints above 0."""

    scores: tuple[float, ...]
    violations: Mapping[str, float] = field(default_factory=dict)


def merits(given: Sequence[Merit]) -> tuple[float, ...]:
    """Return a number for each, of which more is better; equal merits have equal numbers.

    It is the score itself where there is one score each and no constraint tells them apart; otherwise the
    number of merits that are worse.
    """
    violations = _violations(given)
    if not any(violations) and all(len(merit.scores) == 1 for merit in given):
        return tuple(merit.scores[0] for merit in given)
    keys = [(-violation, *key) for violation, key in zip(violations, _score_keys(given), strict=True)]
    positions = {key: float(position) for position, key in enumerate(sorted(set(keys)))}
    return tuple(positions[key] for key in keys)


def front(scores: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """Return the positions of the points that no other dominates; of equal points all are kept."""
    return tuple(index for index, rank in enumerate(non_dominated_ranks(scores)) if rank == 0)


def non_dominated_ranks(scores: Sequence[Sequence[float]]) -> tuple[int, ...]:
    """Return the rank of each point: 0 if no other dominates it, 1 if only points of rank 0 do, and so on."""
    import numpy as np  # here, because the state of a sweep is read without it

    points = np.asarray(scores, dtype=float)
    ranks = np.full(len(points), -1)
    rank = 0
    while (left := np.flatnonzero(ranks < 0)).size:
        inside = points[left]
        not_worse = (inside[:, None, :] >= inside[None, :, :]).all(axis=2)
        better = (inside[:, None, :] > inside[None, :, :]).any(axis=2)
        ranks[left[~(not_worse & better).any(axis=0)]] = rank
        rank += 1
    return tuple(int(value) for value in ranks)


def crowding_distances(scores: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Return for each point how far apart its neighbours are, over all scores; the ends are infinitely far."""
    import numpy as np  # here, because the state of a sweep is read without it

    points = np.asarray(scores, dtype=float)
    distances = np.zeros(len(points))
    for column in points.T:
        order = np.argsort(column, kind="stable")
        spread = column[order[-1]] - column[order[0]]
        distances[order[[0, -1]]] = np.inf
        if spread > 0:
            distances[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / spread
    return tuple(float(value) for value in distances)


def _violations(given: Sequence[Merit]) -> tuple[float, ...]:
    """Return each one's sum of violations, without the constraints that all violate completely."""
    names = {name for merit in given for name in merit.violations}
    telling = [
        name for name in sorted(names) if any(merit.violations.get(name, 0.0) < COMPLETE for merit in given)
    ]
    return tuple(sum(max(merit.violations.get(name, 0.0), 0.0) for name in telling) for merit in given)


def _score_keys(given: Sequence[Merit]) -> list[tuple[float, ...]]:
    """Return a sort key of the scores for each: the score, or rank and crowding distance within the rank."""
    if all(len(merit.scores) == 1 for merit in given):
        return [merit.scores for merit in given]
    scores = [merit.scores for merit in given]
    ranks = non_dominated_ranks(scores)
    keys: list[tuple[float, ...]] = [()] * len(scores)
    for rank in set(ranks):
        members = [index for index, own in enumerate(ranks) if own == rank]
        distances = crowding_distances([scores[index] for index in members])
        for index, distance in zip(members, distances, strict=True):
            keys[index] = (-rank, distance)
    return keys
