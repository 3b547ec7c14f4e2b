"""What the checks of several parts of `model.ssd` share."""

from collections.abc import Callable, Iterator

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support.rules import Check, message_at

SSD = "model.ssd"
EXTRACTOR = f"{SSD}.feature_extractor"
ANCHOR_GENERATOR = f"{SSD}.anchor_generator"


def for_ssd(check: Callable[[pb.Ssd], Iterator[str]]) -> Check:
    """Return a check of the whole config from one of its `model.ssd`."""

    def whole(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
        if config.model.HasField("ssd"):
            yield from check(config.model.ssd)

    return whole


def within(path: str, check: Check) -> Check:
    """Return `check` for configs that have the message at `path`, a check that says nothing for others."""

    def guarded(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
        if message_at(config, path) is not None:
            yield from check(config)

    return guarded
