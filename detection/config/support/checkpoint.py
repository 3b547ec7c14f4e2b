"""Checks of the checkpoint to start from."""

from collections.abc import Iterator

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support.rules import Check

CHECKPOINT_TYPES = ("classification", "detection", "full")
FIELD = "train_config.fine_tune_checkpoint_type"


def check_checkpoint_type(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
    """Check that the part to restore is known; by default it depends on `from_detection_checkpoint`."""
    kind = config.train_config.fine_tune_checkpoint_type
    if kind and kind not in CHECKPOINT_TYPES:
        yield f"{FIELD} = {kind!r} is not supported; use {' or '.join(map(repr, CHECKPOINT_TYPES))}"


CHECKPOINT_CHECKS: tuple[Check, ...] = (check_checkpoint_type,)
