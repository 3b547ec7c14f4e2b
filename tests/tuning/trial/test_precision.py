import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from sweepbox.detection.model.precision import Precision
from sweepbox.detection.runner import RunSettings
from sweepbox.detection.runner.precision_choice import MIN_SPEEDUP, PrecisionChoice, choose_precision
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.trial.precision import sweep_precision


@pytest.mark.slow
def test_the_choice_follows_the_measurement(settings: RunSettings) -> None:
    choice = choose_precision(replace(settings, initial_weights="a file that is not there"))
    faster = choice.step_s[Precision.FLOAT32] >= MIN_SPEEDUP * choice.step_s[Precision.BFLOAT16]
    assert choice.precision is (Precision.BFLOAT16 if faster else Precision.FLOAT32)
    assert all(seconds > 0 for seconds in choice.step_s.values())


def test_the_choice_tells_its_reason() -> None:
    choice = PrecisionChoice(Precision.BFLOAT16, {Precision.FLOAT32: 2.0, Precision.BFLOAT16: 1.25})
    assert str(choice) == "precision bfloat16 chosen (a step takes float32 2 s, bfloat16 1.25 s)"


def test_a_sweep_measures_once(
    sweep: Callable[..., SweepFolder], settings: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sweep(training={"steps": 6, "evaluate_every": 2, "precision": "auto"})
    measured = []

    def choose(given: RunSettings) -> PrecisionChoice:
        measured.append(given)
        return PrecisionChoice(Precision.BFLOAT16, {Precision.FLOAT32: 0.4, Precision.BFLOAT16: 0.2})

    monkeypatch.setattr("sweepbox.detection.runner.precision_choice.choose_precision", choose)
    assert [sweep_precision(folder, settings) for _ in range(2)] == [Precision.BFLOAT16] * 2
    assert measured == [settings]
    kept = json.loads(folder.precision.read_text())
    assert kept == {"precision": "bfloat16", "step_s": {"float32": 0.4, "bfloat16": 0.2}}
