"""Forecasts of learning curves: exact cases, invariances, and how often the interval holds."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepbox.tuning.schedule.extrapolation import Forecast, extrapolate

LENGTH = 8
NOISE = 0.015


def exponential(final: float, growth: float, rate: float, *, length: int = LENGTH) -> list[float]:
    time = np.arange(1, length + 1) / length
    fall = (np.exp(-rate * time) - np.exp(-rate)) / (np.exp(-rate / length) - np.exp(-rate))
    return [*map(float, final - growth * fall)]


def drawn(rng: np.random.Generator) -> list[float]:
    final = 0.7 * rng.beta(2, 2)
    curve = exponential(final, final * rng.uniform(0.4, 0.95), rng.uniform(1, 8))
    return [*map(float, np.clip(np.array(curve) + rng.normal(0, NOISE, LENGTH), 0, 1))]


def first(scores: list[float], count: int) -> dict[int, float]:
    return {number + 1: score for number, score in enumerate(scores[:count])}


def test_nothing_has_no_forecast() -> None:
    assert extrapolate({}, length=LENGTH) == {}


def test_a_complete_curve_is_known() -> None:
    curves = {"whole": {1: 0.2, LENGTH: 0.6}, "begun": {1: 0.1}}
    found = extrapolate(curves, length=LENGTH)
    assert found["whole"] == Forecast(0.6, 0.0)
    assert found["begun"].sd > 0


@pytest.mark.parametrize(("rate", "count", "within"), [(1, 6, 0.04), (3, 4, 0.02), (10, 4, 0.05)])
def test_an_exponential_is_continued(rate: float, count: int, within: float) -> None:
    """The one that rises longest is hardest to tell from a straight line, and its forecast the widest."""
    others = {"low": first([0.0] * LENGTH, LENGTH), "high": first([1.0] * LENGTH, LENGTH)}
    scores = exponential(0.7, 0.5, rate)
    found = extrapolate({**others, "it": first(scores, count)}, length=LENGTH)["it"]
    assert found.mean == pytest.approx(0.7, abs=within)
    assert found.mean == pytest.approx(0.7, abs=2 * found.sd)


def test_each_further_evaluation_makes_it_surer() -> None:
    scores = exponential(0.7, 0.5, 3.0)
    others = {"other": first(exponential(0.5, 0.5, 2.0), LENGTH)}
    sds = [extrapolate({**others, "it": first(scores, n)}, length=LENGTH)["it"].sd for n in range(1, LENGTH)]
    assert sds == sorted(sds, reverse=True)


def test_the_growth_is_learned_from_complete_curves() -> None:
    """Ten curves gain 0.4 each; one that has begun at 0.3 is expected at about 0.7, more surely than before."""
    rng = np.random.default_rng(3)
    complete = {
        f"{n}": first(exponential(0.4 + gain, 0.4, 3.0), LENGTH)
        for n, gain in enumerate(rng.uniform(0, 0.4, 10))
    }
    begun = {"it": {1: 0.3}}
    alone = extrapolate({**begun, "0": complete["0"], "1": complete["1"]}, length=LENGTH)["it"]
    found = extrapolate({**complete, **begun}, length=LENGTH)["it"]
    assert found.mean == pytest.approx(0.7, abs=0.05)
    assert found.sd < alone.sd


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 99),
    shift=st.floats(-5, 5),
    factor=st.floats(0.01, 100),
    count=st.integers(1, LENGTH - 1),
)
def test_the_unit_of_the_score_does_not_matter(seed: int, shift: float, factor: float, count: int) -> None:
    rng = np.random.default_rng(seed)
    curves = {f"{n}": first(drawn(rng), LENGTH if n < 2 else count) for n in range(5)}
    moved = {
        name: {at: shift + factor * score for at, score in curve.items()} for name, curve in curves.items()
    }
    for name, forecast in extrapolate(moved, length=LENGTH).items():
        before = extrapolate(curves, length=LENGTH)[name]
        assert forecast.mean == pytest.approx(shift + factor * before.mean, rel=1e-5, abs=1e-5 * factor)
        assert forecast.sd == pytest.approx(factor * before.sd, rel=1e-4)


@pytest.mark.parametrize("scores", [{1: 0.5}, {1: 0.0, 2: 0.0}, {2: 1e-9}, {1: -3.0, 3: -3.0}])
def test_scores_that_do_not_differ_have_a_finite_forecast(scores: Mapping[int, float]) -> None:
    [found] = extrapolate({"it": scores}, length=LENGTH).values()
    assert np.isfinite(found.mean)
    assert found.sd > 0


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_intervals_hold_as_often_as_they_claim(count: int) -> None:
    """Of 600 curves about 90 % end within 1.645 standard deviations; wider intervals are allowed a little."""
    inside = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        curves = {f"{n}": drawn(rng) for n in range(60)}
        known = {name: first(curve, LENGTH if int(name) < 10 else count) for name, curve in curves.items()}
        found = extrapolate(known, length=LENGTH)
        inside += [
            abs(curves[name][-1] - forecast.mean) < 1.645 * forecast.sd
            for name, forecast in found.items()
            if forecast.sd
        ]
    assert len(inside) == 600
    assert 0.87 <= np.mean(inside) <= 0.985
