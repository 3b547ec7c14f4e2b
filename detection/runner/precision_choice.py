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
MIN_SPEEDUP = 1.1
"""How many times faster bfloat16 must be to be chosen, given its cost in accuracy."""


@dataclass(frozen=True)
class PrecisionChoice:
    """The chosen precision.

    Attributes:
        precision: The precision to train with.
        step_s: The measured seconds per step of each precision.
    """

    precision: Precision
    step_s: Mapping[Precision, float]

    def __str__(self) -> str:
        """Return the choice with its reason in one line."""
        measured = ", ".join(f"{kind.value} {seconds:.3g} s" for kind, seconds in self.step_s.items())
        return f"precision {self.precision.value} chosen (a step takes {measured})"


def choose_precision(settings: RunSettings) -> PrecisionChoice:
    """Return bfloat16 if its steps are at least `MIN_SPEEDUP` times faster on this machine, else float32.

    A few steps are trained in each precision, from randomly initialised weights; nothing is saved. Two programs
    are compiled.
    """
    config = type(settings.config)()
    config.CopyFrom(settings.config)
    config.train_config.ClearField("fine_tune_checkpoint")
    bare = replace(settings, config=config, initial_weights=None)
    step_s = {kind: _step_seconds(replace(bare, precision=kind)) for kind in Precision}
    is_faster = step_s[Precision.FLOAT32] >= MIN_SPEEDUP * step_s[Precision.BFLOAT16]
    return PrecisionChoice(Precision.BFLOAT16 if is_faster else Precision.FLOAT32, step_s)


def _step_seconds(settings: RunSettings) -> float:
    """Return the mean seconds of the steps after the first one, which compiles."""
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
