"""The choice between float32 and bfloat16 by a short measurement of real training steps."""

import gc
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import keras

from sweepbox.detection.model.precision import Precision
from sweepbox.detection.runner.run import TrainingRun
from sweepbox.detection.runner.settings import RunSettings

MEASURED_STEPS = 3
WORTHWHILE = 1.1
"""How many times faster bfloat16 must be to be chosen: what it costs in accuracy should buy something."""


@dataclass(frozen=True)
class PrecisionChoice:
    """The precision to train with, and the seconds that a step took in each."""

    precision: Precision
    step_s: Mapping[Precision, float]

    def __str__(self) -> str:
        """Return the choice with its reason in one line."""
        measured = ", ".join(f"{kind.value} {seconds:.3g} s" for kind, seconds in self.step_s.items())
        return f"precision {self.precision.value} chosen (a step takes {measured})"


def choose_precision(settings: RunSettings) -> PrecisionChoice:
    """Return the faster precision for these settings on this machine; float32 unless bfloat16 clearly wins.

    Trains a few steps in each on the first batches, from drawn weights; nothing of it is kept. Costs the
    compilation of two programs.
    """
    config = type(settings.config)()
    config.CopyFrom(settings.config)
    config.train_config.ClearField("fine_tune_checkpoint")
    bare = replace(settings, config=config, initial_weights=None)
    step_s = {kind: _step_seconds(replace(bare, precision=kind)) for kind in Precision}
    pays = step_s[Precision.FLOAT32] >= WORTHWHILE * step_s[Precision.BFLOAT16]
    return PrecisionChoice(Precision.BFLOAT16 if pays else Precision.FLOAT32, step_s)


def _step_seconds(settings: RunSettings) -> float:
    """Return the seconds of a step after the one that compiles."""
    run = TrainingRun(settings)
    run.advance(1)
    started = time.perf_counter()
    run.advance(MEASURED_STEPS)
    seconds = time.perf_counter() - started
    run.close()
    del run
    keras.utils.clear_session()
    gc.collect()
    return seconds / MEASURED_STEPS
