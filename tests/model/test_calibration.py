"""Calibration compared with NumPy's interpolation; `postprocess_cases.npz` has the OD API's results."""

import numpy as np
import pytest
from google.protobuf import text_format

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.model.calibration import Calibration, interpolated


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([0.1, 0.4, 0.8], [0.05, 0.6, 0.7]),
        ([0.3], [0.9]),
        ([0.0, 1.0], [1.0, 0.0]),
        ([0.2, 0.5, 0.5], [0, 0.2, 1]),
    ],
)
def test_interpolation_is_linear_inside_and_constant_outside(x: list[float], y: list[float]) -> None:
    values = np.linspace(0, 1, 61, dtype=np.float32).reshape(1, -1)[:, 1:].reshape(3, 20)
    found = interpolated(values, (np.array(x, np.float32), np.array(y, np.float32)))
    np.testing.assert_allclose(found, np.interp(values, x, y), atol=1e-6)


def test_last_of_several_points_with_equal_x_is_used() -> None:
    knots = np.array([0.5, 0.5], np.float32), np.array([0.2, 0.8], np.float32)
    found = interpolated(np.array([0.25, 0.5, 0.75], np.float32), knots)
    np.testing.assert_allclose(found, [0.2, 0.8, 0.8])


def test_columns_without_a_function_are_unchanged() -> None:
    text = "class_id_function_approximations { class_id_xy_pairs_map { key: 1 value { x_y_pair { y: 0.5 } } } }"
    calibration = Calibration.of(text_format.Parse(text, pb.CalibrationConfig()))
    scores = np.array([[[0.1, 0.2, 0.3]]], np.float32)
    np.testing.assert_allclose(calibration(scores), [[[0.1, 0.5, 0.3]]])
    assert Calibration.of(pb.CalibrationConfig())(scores) is scores
