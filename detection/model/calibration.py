"""Calibration of scores after training, to make them better probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb

Knots = tuple[NDArray[np.float32], NDArray[np.float32]]
"""x, in increasing order, and y of a piecewise linear function, each `[knots]`."""


@dataclass(frozen=True)
class Calibration:
    """A `calibration_config`: a temperature for the logits, or piecewise linear functions of the scores.

    A function is constant outside its knots.

    Attributes:
        temperature: The divisor of the logits.
        all_columns: The function of all columns.
        by_column: The functions of single columns, by column number; other columns are not changed. If there is
            a background class, it is column 0, so that the numbers are label ids.
    """

    temperature: float = 1.0
    all_columns: Knots | None = None
    by_column: tuple[tuple[int, Knots], ...] = ()

    @classmethod
    def of(cls, message: pb.CalibrationConfig) -> "Calibration":
        """Return the calibration of a validated config; it has no effect if the config has none."""
        kind = message.WhichOneof("calibrator")
        if kind == "temperature_scaling_calibration":
            return cls(temperature=message.temperature_scaling_calibration.scaler)
        if kind == "function_approximation":
            return cls(all_columns=_knots(message.function_approximation.x_y_pairs.x_y_pair))
        functions = message.class_id_function_approximations.class_id_xy_pairs_map
        return cls(
            by_column=tuple((column, _knots(functions[column].x_y_pair)) for column in sorted(functions))
        )

    def __call__(self, scores: Any) -> Any:
        """Return the scores `[..., columns]` with the functions applied; the temperature is not applied."""
        if self.all_columns is not None:
            return interpolated(scores, self.all_columns)
        functions = dict(self.by_column)
        if not functions:
            return scores
        columns = [scores[..., column] for column in range(scores.shape[-1])]
        calibrated = [
            interpolated(column, functions[number]) if number in functions else column
            for number, column in enumerate(columns)
        ]
        return ops.stack(calibrated, axis=-1)


def interpolated(values: Any, knots: Knots) -> Any:
    """Return the piecewise linear function at float values of any shape.

    If several knots have the same x, the function jumps there; its value at x is the y of the last of them.
    """
    x, y = (ops.convert_to_tensor(part) for part in knots)
    flat, last = ops.reshape(values, (-1,)), len(knots[0]) - 1
    passed = ops.searchsorted(x, flat, side="right")
    left, right = ops.clip(passed - 1, 0, last), ops.clip(passed, 0, last)
    start, width = ops.take(x, left), ops.take(x, right) - ops.take(x, left)
    share = ops.where(width > 0, (flat - start) / ops.where(width > 0, width, 1.0), 0.0)
    low, high = ops.take(y, left), ops.take(y, right)
    return ops.reshape(low + share * (high - low), ops.shape(values))


def _knots(pairs: Sequence[pb.XYPairs.XYPair]) -> Knots:
    return np.array([pair.x for pair in pairs], np.float32), np.array([pair.y for pair in pairs], np.float32)
