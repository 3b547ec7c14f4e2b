"""What a trap is looked for in, and what is found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes
from sweepbox.detection.diagnosis.coverage import Coverage


@dataclass(frozen=True)
class Finding:
    """A trap that a config has.

    Attributes:
        field: The field of the config, with its value.
        effect: What it does.
        remedy: What to set instead.
    """

    field: str
    effect: str
    remedy: str

    def __str__(self) -> str:
        """Return one line."""
        return f"{self.field}: {self.effect}; {self.remedy}"


@dataclass(frozen=True, eq=False)
class Case:
    """A config with an SSD model, and the data where they are known.

    Attributes:
        config: The config; all its fields count.
        boxes: The annotated boxes.
        coverage: How the config's anchors meet them.
    """

    config: pb.TrainEvalPipelineConfig
    boxes: AnnotatedBoxes | None = None
    coverage: Coverage | None = None

    @property
    def ssd(self) -> pb.Ssd:
        """The `model.ssd` message."""
        return self.config.model.ssd

    @property
    def steps(self) -> int:
        """The number of training steps; 0 if it is not set."""
        return int(self.config.train_config.num_steps)


Trap = Callable[[Case], Iterator[Finding]]
"""A function that yields what it finds in a case."""
