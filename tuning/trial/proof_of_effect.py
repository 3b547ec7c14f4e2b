"""Proof that edits act: trials whose training fields differ must come to different weights."""

import itertools
from dataclasses import dataclass

import numpy as np

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.difference import differing_fields
from sweepbox.detection.config.training_effect import TrainingEffect, training_effect
from sweepbox.detection.training.schedules import schedule_of_training

MANY_IMAGES = 1000
"""After how many trained images a field that acts on randomly drawn ones must have acted."""


@dataclass(frozen=True)
class Trained:
    """What is known of a trained trial.

    Attributes:
        trial: Its id.
        config: Its config.
        weights: The fingerprint of its weights after training; None where it has none.
        steps: The steps that its weights were trained for.
        first_step: The step at which it began to train under this config; above 0 for a copy of another trial.
    """

    trial: str
    config: pb.TrainEvalPipelineConfig
    weights: str | None
    steps: int
    first_step: int = 0

    @property
    def rates(self) -> tuple[float, ...]:
        """The learning rates of its own steps, rounded as the training has them."""
        schedule = schedule_of_training(self.config.train_config)
        rates = [schedule(step) for step in range(self.first_step, self.steps)]
        return tuple(np.asarray(rates, np.float32).tolist())


def fields_without_effect(first: Trained, second: Trained) -> tuple[str, ...]:
    """Return the fields that should have led two trials to different weights; none unless these are equal.

    A field counts where both trials trained long enough for it to act; see `TrainingEffect`.
    """
    if first.weights is None or first.weights != second.weights:
        return ()
    begin = max(first.first_step, second.first_step)
    left, right = (trial.rates[begin - trial.first_step :] for trial in (first, second))
    common = sum(one > 0 and other > 0 for one, other in zip(left, right, strict=False))
    batch = min(trial.config.train_config.batch_size for trial in (first, second))
    acted = {
        TrainingEffect.CERTAIN: common >= 1,
        TrainingEffect.SECOND_STEP: common >= 2,
        TrainingEffect.CHANCE: common * batch >= MANY_IMAGES,
        TrainingEffect.RATE: any(
            one != other for one, other in itertools.zip_longest(left, right, fillvalue=0.0)
        ),
    }
    if not common:
        return ()
    fields = differing_fields(first.config, second.config)
    return tuple(path for path in fields if acted.get(training_effect(path), False))
