"""The surrogate of recorded curves, on curves of which the rule is known."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from experiments.curves.landscape import Landscape
from experiments.curves.recorded import RecordedCurves, read_curves
from experiments.curves.surrogate import Surrogate, features_of, held_out
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import Augmentation, Distribution

FLIP = "random_horizontal_flip"
BRIGHTNESS = "random_adjust_brightness"
SPACE = Space(
    {
        "learning_rate": Distribution(log_uniform=[1e-4, 1e-2]),
        "focal_gamma": Distribution(uniform=[1.0, 3.0]),
        "warmup_steps": Distribution(integer=[0, 60], step=10),
    },
    {
        FLIP: Augmentation(),
        BRIGHTNESS: Augmentation.model_validate({"max_delta": {"uniform": [0.05, 0.3]}}),
    },
)


def drawn(count: int, *, evaluations: int = 6) -> RecordedCurves:
    """Curves with their best at a rate of 0.001; flips add a tenth, and a low rate rises later."""
    rng = np.random.default_rng(1)
    parameters: list[dict[str, Any]] = []
    for _ in range(count):
        found: dict[str, Any] = {
            "learning_rate": float(10 ** rng.uniform(-4, -2)),
            "focal_gamma": float(rng.uniform(1, 3)),
            "warmup_steps": int(10 * rng.integers(7)),
            FLIP: bool(rng.integers(2)),
            BRIGHTNESS: bool(rng.integers(2)),
        }
        if found[BRIGHTNESS]:
            found[f"{BRIGHTNESS}.max_delta"] = float(rng.uniform(0.05, 0.3))
        parameters.append(found)
    scores = []
    for item in parameters:
        rate = np.log10(item["learning_rate"]) + 3
        final = 0.6 * np.exp(-(rate**2)) + 0.06 * item[FLIP]
        scores.append(final * (1 - np.exp(-(3 + rate) * np.arange(1, evaluations + 1) / evaluations)))
    noisy = np.array(scores) + rng.normal(0, 0.01, (count, evaluations))
    return RecordedCurves(tuple(parameters), noisy, np.ones((count, evaluations)))


def test_features_are_shares_of_the_ranges() -> None:
    parameters = {"learning_rate": 1e-3, "focal_gamma": 2.5, "warmup_steps": 60, FLIP: True, BRIGHTNESS: False}
    names = [item.name for item in SPACE.parameters()]
    found = dict(zip(names, features_of(SPACE, parameters), strict=True))
    assert found["learning_rate"] == pytest.approx(0.5)
    assert found["focal_gamma"] == pytest.approx(0.75)
    assert found["warmup_steps"] == 1
    assert found[f"{BRIGHTNESS}.max_delta"] == 0.5  # not in this trial
    assert {found[FLIP], found[BRIGHTNESS]} == {0, 1}


def test_curves_that_were_held_out_are_predicted() -> None:
    found = held_out(SPACE, drawn(64))
    assert found.rank > 0.9
    assert found.error < 0.35 * found.spread


def test_a_surrogate_predicts_whole_curves() -> None:
    recorded, others = drawn(80), slice(64, None)
    features = np.stack([features_of(SPACE, parameters) for parameters in recorded.parameters])
    surrogate = Surrogate.fit(features[:64], recorded.scores[:64])
    predicted = surrogate.predict(features[others])
    assert predicted.shape == (16, 6)
    assert np.abs(predicted - recorded.scores[others]).mean() < 0.05


def test_the_best_score_of_a_landscape_is_found() -> None:
    """It is 0.66 at the best rate with flips, less what is not yet reached at the end of the training."""
    landscape = Landscape.of(SPACE, drawn(80))
    assert landscape.evaluations == 6
    assert landscape.best == pytest.approx(0.66 * (1 - np.exp(-3)), abs=0.05)
    best = {"learning_rate": 1e-3, "focal_gamma": 2.0, "warmup_steps": 30, FLIP: True, BRIGHTNESS: False}
    assert landscape.curve(best)[-1] <= landscape.best + 1e-9
    assert landscape.curve({**best, "learning_rate": 1e-4})[-1] < 0.5 * landscape.best


def test_complete_suggested_trials_are_read(tmp_path: Path) -> None:
    """The base config, a trial that failed and absent parameters are left out."""
    rows = [
        {"trial": trial, "origin": origin, "state": state, "seconds": 2.0, "metrics.mAP@.50": score}
        | {"parameters.learning_rate": 0.001, "parameters.absent": None}
        for trial, origin, state in [
            ("0000", "base", "finished"),
            ("0001", "sampled", "finished"),
            ("0002", "sampled", "failed"),
        ]
        for score in (0.1, 0.2)
    ]
    for name in ("b.parquet", "a.parquet"):
        parquet.write_table(pa.Table.from_pylist(rows), tmp_path / name)
    recorded = read_curves(tmp_path)
    assert len(recorded) == 2
    assert recorded.parameters[0] == {"learning_rate": 0.001}
    assert recorded.scores.tolist() == [[0.1, 0.2]] * 2
    assert recorded.seconds.tolist() == [[2.0, 2.0]] * 2
