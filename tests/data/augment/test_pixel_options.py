"""Compare the options on pixels and labels with `tests/golden/pixel_options.npz`."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from experiments.parity.pixel_options import (
    augmented,
    black_patches,
    critical,
    distance,
    distances,
    fixed_cases,
    label_cases,
    option_of,
    patch_masks,
    statistics,
)

GOLDEN = Path(__file__).parents[2] / "golden" / "pixel_options.npz"
DRAWS = 400


@pytest.fixture(scope="module")
def arrays() -> dict[str, NDArray[Any]]:
    with np.load(GOLDEN) as golden:
        return dict(golden)


def test_fixed_cases_equal_the_golden_images(arrays: dict[str, NDArray[Any]]) -> None:
    names = set()
    for name, ours, expected in fixed_cases(arrays):
        names.add(name)
        if name.startswith("jpeg"):  # the golden was decoded with a fast transform of that accuracy
            assert np.abs(ours - expected).mean() < 1.5, name
            assert np.abs(ours - expected).max() < 12, name
        else:
            np.testing.assert_allclose(ours, expected, rtol=0, atol=2e-3, err_msg=name)
    fixed = {key.split("/")[1] for key in arrays if key.startswith("fixed/")}
    assert fixed == names | {"black_patches", "patch"}


def test_black_patches_and_noise_positions_equal_the_golden(arrays: dict[str, NDArray[Any]]) -> None:
    np.testing.assert_array_equal(*black_patches(arrays))
    ours, expected = patch_masks(arrays)
    np.testing.assert_array_equal(ours, expected)
    assert 0 < ours.sum() < ours.size


def test_labels_equal_the_golden(arrays: dict[str, NDArray[Any]]) -> None:
    cases = list(label_cases(arrays))
    assert len(cases) == 3
    for name, ours, expected in cases:
        assert ours == expected, name


@pytest.mark.slow
def test_random_options_have_the_golden_distribution(arrays: dict[str, NDArray[Any]]) -> None:
    """400 against 500 draws: a distance of 0.27 is detected with a probability of 99.9 %, see `critical`."""
    found = list(distances(arrays, draws=DRAWS, seed=3))
    assert len(found) == 24
    for name, gap, allowed in found:
        assert gap < allowed, name


@pytest.mark.parametrize(
    ("name", "statistic", "wrong"),
    [
        ("brightness", "mean", "random_adjust_brightness { max_delta: 0.3 }"),
        ("distort_0", "colour", "random_adjust_saturation {}"),
        ("pixel_value", "rough_resized", "random_pixel_value_scale { minval: 0.85 }"),
        (
            "jpeg",
            "change",
            "random_jpeg_quality { random_coef: 0.2 min_jpeg_quality: 50 max_jpeg_quality: 90 }",
        ),
        (
            "patch",
            "changed",
            "random_patch_gaussian { random_coef: 0.2 min_patch_size: 25 max_patch_size: 40 }",
        ),
        ("black_patches", "black", "random_black_patches { probability: 0.7 }"),
    ],
)
def test_another_distribution_is_detected(
    arrays: dict[str, NDArray[Any]], name: str, statistic: str, wrong: str
) -> None:
    ((_, ours),) = statistics(arrays["image"], option_of(wrong), [statistic], DRAWS, 3)
    assert distance(ours, arrays[f"random/{name}/{statistic}"]) > critical(DRAWS, 500)


def test_the_two_sample_test_by_hand() -> None:
    assert distance(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0])) == 0.0
    assert distance(np.array([1.0, 2.0]), np.array([3.0, 4.0])) == 1.0
    assert distance(np.array([1.0, 3.0]), np.array([2.0, 4.0])) == 0.5
    assert critical(500, 2000) == pytest.approx(0.1113, abs=1e-4)
    draws = np.random.default_rng(0).random((300, 900))
    gaps = [distance(sample[:400], sample[400:]) for sample in draws]
    assert np.quantile(gaps, 0.99) < critical(400, 500) < 0.16


@pytest.mark.parametrize("option", ["random_pixel_value_scale {}", "random_patch_gaussian {}"])
def test_noise_is_added_at_the_image_resolution(arrays: dict[str, NDArray[Any]], option: str) -> None:
    """At twice the size, every second pixel has the noise of the image at its own size."""
    noise = np.full((1, 6 if "patch" in option else 1), 0.4, np.float32)
    own, _ = augmented(np.full((24, 32, 3), 100, np.float32), option_of(option), noise)
    large, _ = augmented(np.full((24, 32, 3), 100, np.float32), option_of(option), noise, size=(48, 64))
    np.testing.assert_allclose(large[:, ::2, ::2], own, atol=1e-2)
    between = (own[0, :, :-1] + own[0, :, 1:]) / 2
    np.testing.assert_allclose(large[0, ::2, 1:-1:2], between, atol=1e-2)
