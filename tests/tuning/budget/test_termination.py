"""When a sweep gains too little, worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepbox.tuning.budget.termination import Rank, gain_of_last, reason_to_stop
from sweepbox.tuning.spec.limits import StopSpec


def ranks(*scores: float, met: bool = True) -> list[Rank]:
    return [(met, score) for score in scores]


@pytest.mark.parametrize(
    ("ended", "running", "gain"),
    [
        (ranks(), [], None),
        (ranks(0.5, 0.6), [], None),  # nothing before the window of two
        (ranks(0.5, 0.4, 0.3), [], 0.0),
        (ranks(0.5, 0.6, 0.55), [], 0.1),
        (ranks(0.5, 0.5, 0.75), [], 0.25),  # the last of the window counts
        (ranks(0.5, 0.75, 0.75, 0.75), [], 0.0),  # the one before it does not
        (ranks(0.5, 0.4, 0.3), ranks(0.75), 0.25),  # one that runs has gained
        (ranks(0.5, 0.4, 0.3), ranks(0.25), 0.0),
        (ranks(0.5, met=False) + ranks(0.1, 0.1), [], math.inf),  # the first to meet the constraints
        (ranks(0.5) + ranks(0.9, 0.9, met=False), [], 0.0),
        (ranks(0.5, 0.75, 0.6, met=False), [], 0.25),
        (ranks(-3.0, -2.5, -2.75), [], 0.5),  # a loss, turned round
    ],
)
def test_the_gain_of_the_last_two(ended: list[Rank], running: list[Rank], gain: float | None) -> None:
    found = gain_of_last(ended, 2, running=running)
    assert (None if found is None else found.value) == (None if gain is None else pytest.approx(gain))


FLAT = ranks(*[0.5] * 20)


@pytest.mark.parametrize(
    ("rule", "ended", "stops"),
    [
        (None, FLAT, False),
        (StopSpec(gain_below=0.002), FLAT[:15], False),  # not before 16
        (StopSpec(gain_below=0.002), FLAT[:16], True),
        (StopSpec(gain_below=0.002, window=8, after=4), FLAT[:8], False),  # nothing before the window
        (StopSpec(gain_below=0.002, window=8, after=4), FLAT[:9], True),
        (StopSpec(gain_below=0.002), [*FLAT[:15], (True, 0.503)], False),
        (StopSpec(gain_below=0.002), [*FLAT[:15], (True, 0.501)], True),
        (StopSpec(gain_below=0.25), [*FLAT[:15], (True, 0.75)], False),  # exactly as much is enough
        (StopSpec(gain_below=0.002, window=3, after=16), [*FLAT[:12], (True, 0.6), *FLAT[:3]], True),
        (StopSpec(gain_below=0.002, window=4, after=16), [*FLAT[:12], (True, 0.6), *FLAT[:3]], False),
    ],
)
def test_when_the_rule_stops(rule: StopSpec | None, ended: list[Rank], stops: bool) -> None:
    assert (reason_to_stop(rule, ended) is not None) == stops


def test_the_reason_has_the_figures() -> None:
    assert reason_to_stop(StopSpec(gain_below=0.002), [*FLAT[:15], (True, 0.501)]) == (
        "stop rule: the last 8 trials gained 0.001, less than 0.002, after 16 trials"
    )


@given(st.lists(st.floats(-10, 10), min_size=3, max_size=30), st.integers(1, 10))
def test_a_gain_is_never_negative_and_a_longer_window_gains_no_less(scores: list[float], window: int) -> None:
    shorter, longer = (gain_of_last(ranks(*scores), size) for size in (window, window + 1))
    if shorter is not None:
        assert shorter.value >= 0
    if shorter is not None and longer is not None:
        assert longer.value >= shorter.value
