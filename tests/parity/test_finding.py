import math

import numpy as np
import pytest

from experiments.parity.finding import Finding, largest_absolute, largest_relative, relative_to_largest


@pytest.mark.parametrize(
    ("difference", "passed"), [(0.0, True), (1e-4, True), (1.1e-4, False), (math.nan, False), (math.inf, False)]
)
def test_finding_passes_up_to_its_tolerance(difference: float, passed: bool) -> None:
    finding = Finding(3, "losses", difference, 1e-4)
    assert finding.passed is passed
    assert finding.verdict == ("pass" if passed else "FAIL")


def test_context_neither_passes_nor_fails() -> None:
    assert Finding(3, "the oracle against itself", 1.0, 1e-3, is_context=True).verdict == "for comparison"


def test_counts_and_exact_matches_have_no_tolerance() -> None:
    assert Finding.count(item=2, name="keys", differing=0).passed
    assert not Finding.count(item=2, name="keys", differing=1).passed
    assert Finding.exact(item=5, name="order", equal=True).passed
    assert not Finding.exact(item=5, name="order", equal=False).passed
    assert not Finding.broken(item=5, name="order", reason="an exception").passed


def test_measures() -> None:
    theirs = np.array([[2.0, -4.0], [0.0, 1e-6]])
    ours = np.array([[2.0, -4.2], [0.0, 2e-6]])
    assert largest_relative(ours, theirs) == pytest.approx(1.0)
    assert largest_relative(ours, theirs, floor=1e-3) == pytest.approx(0.05)
    assert largest_absolute(ours, theirs) == pytest.approx(0.2)
    assert relative_to_largest(ours, theirs) == pytest.approx(0.05)


@pytest.mark.parametrize("measure", [largest_relative, largest_absolute, relative_to_largest])
def test_measures_of_unequal_shapes_empty_arrays_zeros_and_nan(measure: object) -> None:
    assert callable(measure)
    assert math.isnan(measure(np.zeros(3), np.zeros(4)))
    assert measure(np.zeros(0), np.zeros(0)) == 0.0
    assert measure(np.zeros(2), np.zeros(2)) == 0.0
    assert math.isnan(measure(np.array([math.nan, 1.0]), np.array([1.0, 1.0])))


def test_relative_difference_from_zero_is_infinite() -> None:
    assert math.isinf(largest_relative([1e-9], [0.0]))
