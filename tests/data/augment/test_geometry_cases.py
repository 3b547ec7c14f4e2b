"""Geometric options that are deterministic, or with the noise that reproduces the stored random values."""

from pathlib import Path

import numpy as np
import pytest

from experiments.parity.geometry_cases import NOISE, expected_objects, objects, preprocessed

GOLDEN = Path(__file__).parents[2] / "golden" / "geometry_cases.npz"


@pytest.mark.parametrize("name", NOISE)
def test_pixels_and_boxes_equal_the_od_api(name: str) -> None:
    golden = np.load(GOLDEN)
    result = preprocessed(golden, name)
    np.testing.assert_allclose(result.images, golden[f"{name}/image"], rtol=0, atol=2e-4)
    found, expected = objects(result), expected_objects(golden, name)
    assert found[:, 0].tolist() == expected[:, 0].tolist()
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-6)


def test_every_golden_case_is_compared() -> None:
    names = {key.partition("/")[0] for key in np.load(GOLDEN) if "/" in key}
    assert names == set(NOISE)
