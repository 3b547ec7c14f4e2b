"""Checks whether a config can be trained; all problems are reported together, before any work starts.

Settings that the Object Detection API's own training loop ignores (replicas, queues, `bias_grad_multiplier` …)
are accepted, and so are those that affect only the speed.
"""

import math
from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.fields import is_float, is_map, is_message, is_repeated
from sweepbox.detection.config.support.augmentation import AUGMENTATION_CHECKS, AUGMENTATIONS
from sweepbox.detection.config.support.checkpoint import CHECKPOINT_CHECKS
from sweepbox.detection.config.support.model import MODEL_CHECKS
from sweepbox.detection.config.support.rules import Check
from sweepbox.detection.config.support.training import TRAINING_CHECKS
from sweepbox.detection.core.errors import ConfigError

__all__ = ["AUGMENTATIONS", "check_supported", "mentions_checkpoint", "problems_of"]


def check_supported(config: pb.TrainEvalPipelineConfig) -> None:
    """Raise ConfigError if the config has unsupported or contradictory settings.

    The message has one line for each problem: the field's path, its value, and what is supported.
    """
    problems = problems_of(config)
    if problems:
        raise ConfigError("\n".join(problems))


def problems_of(config: pb.TrainEvalPipelineConfig) -> list[str]:
    """Return the problems that `check_supported` reports, one line each."""
    return [problem for check in CHECKS for problem in check(config)]


def mentions_checkpoint(config: pb.TrainEvalPipelineConfig) -> bool:
    """Return whether the config names a checkpoint to start from, even if the path is a placeholder."""
    return bool(config.train_config.fine_tune_checkpoint)


def check_kind(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
    """Check that the model is an SSD; other checks of the model apply to SSD only."""
    kind = config.model.WhichOneof("model")
    if kind is None:
        yield "model: nothing is chosen; Sweepbox trains SSD models (model.ssd)"
    elif kind != "ssd":
        yield f"not supported: model.{kind}; Sweepbox trains SSD models (model.ssd)"


def check_finite(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
    """Check that no number is infinite or NaN."""
    for path, value in _floats(config, ""):
        if not math.isfinite(value):
            yield f"{path} = {value}: give a finite number"


def _floats(message: Message, prefix: str) -> Iterator[tuple[str, float]]:
    """Yield path and value of every floating-point number that is set, except in maps."""
    for field, value in message.ListFields():
        if is_map(field) or not (is_message(field) or is_float(field)):
            continue
        many = is_repeated(field)
        elements: Any = enumerate(value) if many else [(0, value)]
        for index, element in elements:
            path = f"{prefix}{field.name}" + (f"[{index}]" if many else "")
            if is_message(field):
                yield from _floats(element, f"{path}.")
            else:
                yield path, element


CHECKS: tuple[Check, ...] = (
    check_kind,
    *MODEL_CHECKS,
    *TRAINING_CHECKS,
    *CHECKPOINT_CHECKS,
    *AUGMENTATION_CHECKS,
    check_finite,
)
"""All checks of a config, in the order of the report."""
