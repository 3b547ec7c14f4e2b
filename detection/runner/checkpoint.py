"""A checkpoint of a run's current step, written in the background and published on request."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.checkpoint.folder import CheckpointMetadata
from sweepbox.detection.checkpoint.pending import PendingCheckpoint
from sweepbox.detection.checkpoint.state import ResumeMetadata
from sweepbox.detection.core.timeline import Timeline
from sweepbox.detection.training.phases import Phase


@dataclass(frozen=True)
class RunCheckpoint:
    """The checkpoint that `TrainingRun.checkpoint` yields.

    Attributes:
        pending: The checkpoint that is being written.
        metadata: Returns its metadata, with the metrics that are known when it is published.
        resume: Its resume metadata.
        timeline: Records how long publishing takes.
    """

    pending: PendingCheckpoint
    metadata: Callable[[], CheckpointMetadata]
    resume: ResumeMetadata
    timeline: Timeline

    @property
    def weights_fingerprint(self) -> str:
        """A hash of all weights, computed in the background."""
        return self.pending.weights_fingerprint

    def publish_weights(self, directory: Path) -> None:
        """Create a checkpoint folder, which can be exported, atomically, replacing an existing one."""
        with self.timeline.span(Phase.CHECKPOINT):
            self.pending.publish_weights(directory, self.metadata())

    def publish_state(self, directory: Path) -> None:
        """Create a checkpoint folder with the full state, from which `TrainingRun.restore` resumes exactly.

        If the run keeps moving averages, they are its weights, and the weights in training are a slot.
        """
        with self.timeline.span(Phase.CHECKPOINT):
            self.pending.publish_state(directory, self.metadata(), self.resume)
