"""The variance of trainings in a cross-validation, worked out by hand and where the truth is known."""

import numpy as np
import pytest

from experiments.winner.coverage import Setting, simulate
from sweepbox.tuning.winner.fold_variance import FoldValues, weights_without_each_fold
from sweepbox.tuning.winner.interval import uncertainty

EXACT_IMAGES = np.zeros((1, 10))
"""Samples of a value that does not depend on the images."""


def values(of_folds: list[list[float]], samples: np.ndarray = EXACT_IMAGES) -> FoldValues:
    """Return the values of cross-validations whose figure is the mean over their folds."""
    given = np.array(of_folds)
    left_out = (given.sum(axis=1, keepdims=True) - given) / (given.shape[1] - 1)
    return FoldValues(np.broadcast_to(samples, (len(given), samples.shape[1])), left_out)


def test_of_a_mean_over_folds_it_is_the_variance_of_a_mean() -> None:
    of_folds = [1.0, 2.0, 4.0, 7.0, 11.0]
    variance, degrees = values([of_folds]).variance(images=100)
    assert variance == pytest.approx(np.var(of_folds, ddof=1) / 5)
    assert degrees == 4


def test_seeds_are_averaged() -> None:
    first, second = [1.0, 2.0, 4.0], [0.0, 0.0, 3.0]
    variance, degrees = values([first, second]).variance(images=100)
    expected = (np.var(first, ddof=1) + np.var(second, ddof=1)) / 3 / 2
    assert variance == pytest.approx(expected / 2)
    assert degrees == 4


def test_what_images_explain_is_not_counted_again() -> None:
    samples = np.array([[0.0, 2.0]])  # a variance of 2, of 3 images 3
    of_folds = [[0.0, 0.0, 0.0, 10.0]]  # a variance of 25, of the mean 6.25
    assert values(of_folds, samples).variance(images=3)[0] == pytest.approx(6.25 - 3)
    assert values(of_folds, 10 * samples).variance(images=3)[0] == 0


def test_what_both_candidates_have_in_common_cancels_out() -> None:
    first, second = values([[1.0, 2.0, 6.0]]), values([[2.0, 3.0, 7.0]])
    assert first.minus(second).variance(images=10)[0] == pytest.approx(0)


def test_a_value_that_is_undefined_without_a_fold_says_nothing() -> None:
    found = FoldValues(EXACT_IMAGES, np.array([[0.5, np.nan, 0.1]]))
    assert found.variance(images=10) == (0.0, 2)


def test_an_interval_gets_wider_by_what_trainings_add() -> None:
    samples = np.array([0.0, 2.0] * 500)
    alone = uncertainty(samples, images=1e9)
    both = uncertainty(samples, images=1e9, fold_variances=[(3.0, 4)])
    assert alone.standard_error == pytest.approx(1, rel=1e-3)
    assert both.standard_error == pytest.approx(2, rel=1e-3)
    assert both.degrees == pytest.approx(16 / (9 / 4), rel=1e-2)


def test_each_row_of_weights_leaves_out_one_fold() -> None:
    found = weights_without_each_fold(np.array([0, 2, 1, 0]))
    assert found.tolist() == [[0, 1, 1, 0], [1, 1, 0, 1], [1, 0, 1, 1]]


@pytest.mark.slow
def test_a_lucky_training_of_a_fold_does_not_look_like_a_better_config() -> None:
    setting = Setting(200, 1, more_skill=0.3, seed_spread=0.3, folds=5)
    rates = simulate(setting, repeats=80, resamples=100, true_images=20_000)
    assert rates.false_winners < 0.2
    assert rates.difference_coverage > 0.8
