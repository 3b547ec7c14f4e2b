"""Calibration of scores: what turns them into better probabilities after training."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb

Knots = tuple[NDArray[np.float32], NDArray[np.float32]]
"""x, in rising order, and y of a piecewise linear function, each `[knots]`."""


@dataclass(frozen=True)
class Calibration:
    """A `calibration_config`: a temperature for the logits, or a piecewise linear function of the scores.

    `every` is the function of all columns, `of_column` those of single ones by number (column 0 is the
    background where there is one, so that the numbers are label ids); other columns stay as they are. Outside
    its knots a function is constant.
    """

    temperature: float = 1.0
    every: Knots | None = None
    of_column: tuple[tuple[int, Knots], ...] = ()

    @classmethod
    def of(cls, message: pb.CalibrationConfig) -> "Calibration":
        """Return the calibration of a config that passes its checks; one without effect where it has none."""
        kind = message.WhichOneof("calibrator")
        if kind == "temperature_scaling_calibration":
            return cls(temperature=message.temperature_scaling_calibration.scaler)
        if kind == "function_approximation":
            return cls(every=_knots(message.function_approximation.x_y_pairs.x_y_pair))
        functions = message.class_id_function_approximations.class_id_xy_pairs_map
        return cls(
            of_column=tuple((column, _knots(functions[column].x_y_pair)) for column in sorted(functions))
        )

    def __call__(self, scores: Any) -> Any:
        """Return scores `[..., columns]` after the functions; the temperature belongs to the logits."""
        if self.every is not None:
            return interpolated(scores, self.every)
        functions = dict(self.of_column)
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

    Where several knots have one x the function jumps there, and has the last one's y at that x.
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
