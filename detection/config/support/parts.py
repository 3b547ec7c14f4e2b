"""Paths and adapters for the checks of parts of `model.ssd`."""

from collections.abc import Callable, Iterator

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support.rules import Check, message_at

SSD = "model.ssd"
EXTRACTOR = f"{SSD}.feature_extractor"
ANCHOR_GENERATOR = f"{SSD}.anchor_generator"


def for_ssd(check: Callable[[pb.Ssd], Iterator[str]]) -> Check:
    """Turn a check of `model.ssd` into a check of the whole config."""

    def whole(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
        if config.model.HasField("ssd"):
            yield from check(config.model.ssd)

    return whole


def within(path: str, check: Check) -> Check:
    """Restrict `check` to configs that have the message at `path`."""

    def guarded(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
        if message_at(config, path) is not None:
            yield from check(config)

    return guarded
