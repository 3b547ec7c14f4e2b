"""The rule of one standard error on values whose best setting is known."""

import numpy as np
import pytest

from sweepbox.detection.post_training.selection import LEAST_GAIN, choose, standard_error

FOLDS = [0.50, 0.40, 0.60, 0.45, 0.55]


def values(*offsets: object) -> np.ndarray:
    """Return the folds' values of each setting: those of the present one plus an offset, one or one a fold."""
    return np.array([np.add(FOLDS, offset) for offset in offsets])


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [
        ([0.0], 0),
        ([0.0, 0.0, 0.0], 0),
        ([0.0, 0.03], 1),  # the same gain in every fold, however much the folds differ
        ([0.0, -0.03, 0.05, 0.04], 2),
        ([0.0, [0.10, -0.08, 0.09, -0.09, 0.02]], 0),  # mean 0.008, standard error 0.04
        ([0.0, [0.05, 0.04, 0.06, 0.05, 0.05], [0.06, 0.03, 0.07, 0.05, 0.05]], 1),  # the simpler of two equals
        ([0.0, LEAST_GAIN / 2], 0),
    ],
)
def test_the_chosen_setting(offsets: list[object], expected: int) -> None:
    assert choose(values(*offsets)).index == expected


def test_a_setting_that_is_not_allowed_is_not_chosen() -> None:
    assert choose(values(0.0, 0.05, 0.03), np.array([True, False, True])).index == 2
    assert choose(values(0.0, 0.05), np.array([False, False])).index == 0


def test_the_gain_is_that_of_folds_left_out() -> None:
    # Setting 1 wins by its first fold alone; without it nothing is chosen.
    choice = choose(values(0.0, [0.50, 0.0, 0.0, 0.0, 0.0]))
    assert (choice.index, choice.best, choice.gain) == (0, 1, 0.0)
    choice = choose(values(0.0, 0.03))
    assert choice.gain == pytest.approx(0.03)
    assert choice.gain_error == pytest.approx(0.0)


def test_the_standard_error() -> None:
    assert standard_error(np.array([1.0, 3.0])) == pytest.approx(1.0)
    assert standard_error(np.array([5.0])) == 0.0


def test_settings_that_differ_by_noise_are_rarely_preferred() -> None:
    random = np.random.default_rng(0)
    changed = sum(
        choose(random.normal(0.5, 0.05, 5) + random.normal(0, 0.01, (30, 5))).index != 0 for _ in range(300)
    )
    assert changed / 300 < 0.12
