"""What of a config can be trained: everything else is refused before any work starts, all problems together.

Settings that the Object Detection API's own training loop ignores (replicas, queues, `bias_grad_multiplier` …)
pass, and so do those that only change how fast the same result comes.
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
    """Raise ConfigError where the config asks for what is not supported, or for what cannot be.

    The message has a line for each problem: the field's path, what was asked for, and what is supported.
    """
    problems = problems_of(config)
    if problems:
        raise ConfigError("\n".join(problems))


def problems_of(config: pb.TrainEvalPipelineConfig) -> list[str]:
    """Return what `check_supported` objects to, a line for each problem."""
    return [problem for check in CHECKS for problem in check(config)]


def mentions_checkpoint(config: pb.TrainEvalPipelineConfig) -> bool:
    """Tell whether the config names a checkpoint to start from; the path may be a placeholder."""
    return bool(config.train_config.fine_tune_checkpoint)


def check_kind(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
    """Check that the model is an SSD; nothing further is said of the model of others."""
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
    """Yield path and value of every floating-point number that is set, maps left out."""
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
"""Everything that a config is checked for, in the order of the report."""
