import numpy as np
from keras import ops

from sweepbox.detection.data.augment.noise import gaussian, pixel_uniforms, uniforms

KEYS = ops.convert_to_tensor(np.array([0.25, 0.25, 0.2500001, 0.9], np.float32))
ROWS = ops.convert_to_tensor(np.tile(np.arange(200, dtype=np.float32), (4, 1)))
COLUMNS = ops.convert_to_tensor(np.tile(np.arange(300, dtype=np.float32), (4, 1)))


def test_equal_keys_give_equal_numbers_and_other_keys_independent_ones() -> None:
    for numbers in (uniforms(KEYS, 50_000), pixel_uniforms(KEYS, ROWS, COLUMNS)):
        flat = ops.convert_to_numpy(numbers).reshape(4, -1)
        np.testing.assert_array_equal(flat[0], flat[1])
        assert abs(np.corrcoef(flat[0], flat[2])[0, 1]) < 0.02  # 4.5 standard errors of 50 000 numbers
        assert abs(np.corrcoef(flat[0], flat[3])[0, 1]) < 0.02


def test_numbers_equal_the_formula_in_integers() -> None:
    """Compare with the formula in Python integers, so that every backend gives the same numbers."""

    def mixed(bits: int) -> int:
        bits = (bits ^ (bits >> 16)) * 0x7FEB352D % 2**32
        bits = (bits ^ (bits >> 15)) * 0x846CA68B % 2**32
        return bits ^ (bits >> 16)

    state = mixed((int(0.9 * 2**24) + 0x9E3779B9) % 2**32)
    expected = [(mixed(state ^ index) >> 8) / 2**24 for index in range(5)]
    key = ops.convert_to_tensor(np.array([int(0.9 * 2**24) / 2**24], np.float32))
    assert ops.convert_to_numpy(uniforms(key, 5))[0].tolist() == expected


def test_numbers_are_uniform_and_neighbours_independent() -> None:
    noise = ops.convert_to_numpy(pixel_uniforms(KEYS, ROWS, COLUMNS))[0]
    assert noise.min() >= 0
    assert noise.max() < 1
    counts = np.histogram(noise, bins=20, range=(0, 1))[0]
    assert (
        (counts - counts.mean()) ** 2 / counts.mean()
    ).sum() < 50  # chi-squared, 19: exceeded by 1 in 10 000
    for first, second in (
        (noise[1:], noise[:-1]),
        (noise[:, 1:], noise[:, :-1]),
        (noise[..., 1], noise[..., 2]),
    ):
        assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.015


def test_number_depends_only_on_the_pixel_position() -> None:
    noise = ops.convert_to_numpy(pixel_uniforms(KEYS, ROWS, COLUMNS))
    turned = ops.convert_to_numpy(pixel_uniforms(KEYS, ROWS[:, ::-1], COLUMNS[:, 100:110]))
    np.testing.assert_array_equal(turned, noise[:, ::-1, 100:110])


def test_gaussian_numbers_are_finite_and_normal() -> None:
    ends = ops.convert_to_numpy(gaussian(ops.convert_to_tensor(np.array([0.0, 0.5, 1 - 2.0**-24], np.float32))))
    assert np.isfinite(ends).all()
    assert abs(ends[1]) < 1e-6
    assert ends[0] < -5 < 5 < ends[2]
    numbers = ops.convert_to_numpy(gaussian(pixel_uniforms(KEYS, ROWS, COLUMNS)))[0].astype(np.float64)
    for power, moment in enumerate((0.0, 1.0, 0.0, 3.0), start=1):
        assert abs((numbers**power).mean() - moment) < 0.15 * (power > 2) + 0.02
