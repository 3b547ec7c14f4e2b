"""What is chosen after training and exported with a model."""

from collections.abc import Sequence
from dataclasses import dataclass

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.thresholds import OperatingThresholds


@dataclass(frozen=True)
class TunedOutput:
    """Suppression and thresholds that replace those of the checkpoint's config in an export.

    Attributes:
        post_processing: The message `model.ssd.post_processing` of the exported model.
        thresholds: The operating thresholds for `thresholds.json`; None for no such file.
        lines: What was chosen and why, for the model card.
    """

    post_processing: pb.PostProcessing
    thresholds: OperatingThresholds | None
    lines: Sequence[str] = ()

    def apply(self, config: pb.TrainEvalPipelineConfig) -> None:
        """Set the post-processing of a config."""
        config.model.ssd.post_processing.CopyFrom(self.post_processing)
