import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepbox.tuning.objective.order import (
    Merit,
    crowding_distances,
    front,
    merits,
    non_dominated_ranks,
)

INFINITE = float("inf")


@pytest.mark.parametrize(
    ("given_merits", "order"),
    [
        ([], []),
        ([Merit((0.3,)), Merit((0.7,))], [0.3, 0.7]),
        # feasible before infeasible
        ([Merit((0.9,), {"c": 0.1}), Merit((0.1,))], [0, 1]),
        # the smaller violation first, whatever the score
        ([Merit((0.9,), {"c": 0.5}), Merit((0.1,), {"c": 0.2})], [0, 1]),
        # violations of several constraints are added
        ([Merit((0.5,), {"c": 0.5}), Merit((0.5,), {"c": 0.2, "d": 0.2})], [0, 1]),
        # one that all violate completely tells nothing apart: the score decides
        ([Merit((0.9,), {"c": 1.0}), Merit((0.1,), {"c": 1.0})], [0.9, 0.1]),
        # but a second constraint still counts
        ([Merit((0.9,), {"c": 1.0, "d": 0.1}), Merit((0.1,), {"c": 1.0})], [0, 1]),
        # one that is not violated completely by all counts
        ([Merit((0.9,), {"c": 1.0}), Merit((0.1,), {"c": 0.9})], [0, 1]),
        # several scores: rank, then crowding distance
        ([Merit((1.0, 0.0)), Merit((0.0, 1.0)), Merit((0.0, 0.0))], [1, 1, 0]),
        ([Merit((0.0, 4.0)), Merit((1.0, 3.0)), Merit((2.0, 2.0)), Merit((4.0, 0.0))], [2, 0, 1, 2]),
    ],
)
def test_merits(given_merits: list[Merit], order: list[float]) -> None:
    assert list(merits(given_merits)) == order


@pytest.mark.parametrize(
    ("points", "ranks"),
    [
        ([], []),
        ([(1.0, 1.0)], [0]),
        ([(1.0, 1.0), (1.0, 1.0)], [0, 0]),
        ([(2.0, 2.0), (1.0, 1.0), (0.0, 0.0)], [0, 1, 2]),
        ([(2.0, 0.0), (0.0, 2.0), (1.0, 1.0), (0.5, 0.5)], [0, 0, 0, 1]),
        ([(1.0, 1.0), (1.0, 0.0)], [0, 1]),
    ],
)
def test_non_dominated_ranks(points: list[tuple[float, ...]], ranks: list[int]) -> None:
    assert list(non_dominated_ranks(points)) == ranks


@pytest.mark.parametrize(
    ("points", "distances"),
    [
        ([(1.0, 1.0)], [INFINITE]),
        ([(0.0, 2.0), (1.0, 1.0), (2.0, 0.0)], [INFINITE, 2.0, INFINITE]),
        ([(0.0, 4.0), (1.0, 3.0), (4.0, 0.0)], [INFINITE, 2.0, INFINITE]),
        ([(0.0, 10.0), (1.0, 9.0), (2.0, 8.0), (10.0, 0.0)], [INFINITE, 0.4, 1.8, INFINITE]),
        ([(1.0, 1.0), (1.0, 1.0), (1.0, 1.0)], [INFINITE, 0.0, INFINITE]),
    ],
)
def test_crowding_distances(points: list[tuple[float, ...]], distances: list[float]) -> None:
    assert list(crowding_distances(points)) == pytest.approx(distances)


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 2), min_size=1, max_size=12))
def test_the_front_is_what_nothing_dominates(points: list[tuple[int, int]]) -> None:
    kept = {points[index] for index in front(points)}

    def dominates(one: tuple[int, int], other: tuple[int, int]) -> bool:
        return one != other and all(a >= b for a, b in zip(one, other, strict=True))

    assert kept == {point for point in points if not any(dominates(other, point) for other in points)}


def test_the_order_does_not_depend_on_the_order_given() -> None:
    items = [Merit((0.1, 0.9)), Merit((0.9, 0.1)), Merit((0.5, 0.5), {"c": 0.5}), Merit((0.0, 0.0))]
    expected = dict(zip(map(id, items), merits(items), strict=True))
    for order in itertools.permutations(items):
        assert dict(zip(map(id, order), merits(order), strict=True)) == expected
