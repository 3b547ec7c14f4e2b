"""Reads the recorded learning curves."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyarrow import parquet

CURVES = Path(__file__).parents[1] / "benchmarks" / "curves"
PARAMETERS = "parameters."


@dataclass(frozen=True)
class RecordedCurves:
    """Trials that were trained in full.

    Attributes:
        parameters: The parameters of each trial; those of the base config are left out.
        scores: `[trials, evaluations]`.
        seconds: `[trials, evaluations]`, each since the evaluation before.
    """

    parameters: tuple[Mapping[str, Any], ...]
    scores: NDArray[np.float64]
    seconds: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.parameters)


def read_curves(folder: Path = CURVES, *, metric: str = "mAP@.50") -> RecordedCurves:
    """Return the complete curves of suggested trials in all tables of a folder, in the order of their names."""
    parameters: list[Mapping[str, Any]] = []
    scores: list[list[float]] = []
    seconds: list[list[float]] = []
    for path in sorted(folder.glob("*.parquet")):
        trials: dict[str, list[dict[str, Any]]] = {}
        for row in parquet.read_table(path).to_pylist():
            if row["origin"] == "sampled" and row["state"] == "finished":
                trials.setdefault(row["trial"], []).append(row)
        for rows in trials.values():
            parameters.append(
                {
                    name.removeprefix(PARAMETERS): value
                    for name, value in rows[0].items()
                    if name.startswith(PARAMETERS) and value is not None
                }
            )
            scores.append([row[f"metrics.{metric}"] for row in rows])
            seconds.append([row["seconds"] for row in rows])
    return RecordedCurves(tuple(parameters), np.array(scores), np.array(seconds))
