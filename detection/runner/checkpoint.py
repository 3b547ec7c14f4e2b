"""The checkpoint of a run's current step: written by a thread from now on, published when its owner says so."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.checkpoint.folder import CheckpointFacts
from sweepbox.detection.checkpoint.pending import PendingCheckpoint
from sweepbox.detection.checkpoint.state import ResumeFacts
from sweepbox.detection.core.timeline import Timeline
from sweepbox.detection.training.phases import Phase


@dataclass(frozen=True)
class RunCheckpoint:
    """What `TrainingRun.checkpoint` yields; the metrics told of it are those known when it is published."""

    pending: PendingCheckpoint
    facts: Callable[[], CheckpointFacts]
    resume: ResumeFacts
    timeline: Timeline

    def publish_weights(self, directory: Path) -> None:
        """Make a checkpoint folder, which export reads; it appears whole, in the place of an old one."""
        with self.timeline.span(Phase.CHECKPOINT):
            self.pending.publish_weights(directory, self.facts())

    def publish_state(self, directory: Path) -> None:
        """Make a checkpoint folder with the full state, from which `TrainingRun.restore` goes on exactly.

        Where averages are kept they are its weights, and the weights in training stand among the slots.
        """
        with self.timeline.span(Phase.CHECKPOINT):
            self.pending.publish_state(directory, self.facts(), self.resume)
