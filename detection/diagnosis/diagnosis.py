"""How a config fits a data set: the whole of `sweepbox doctor --config`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.reading import ReadConfig
from sweepbox.detection.config.support import problems_of
from sweepbox.detection.config.support.training import check_warmup
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes
from sweepbox.detection.diagnosis.coverage import Coverage
from sweepbox.detection.diagnosis.limits import BoxLimit, box_limits
from sweepbox.detection.diagnosis.proposals import Proposal, propose
from sweepbox.detection.diagnosis.traps import Case, Finding, find_traps


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What is known of a config before it is trained on a data set.

    Attributes:
        config: The name of the config.
        notes: A line for each thing of the config that is not read as it is written.
        problems: A line for each setting that training refuses, but those that are traps.
        coverage: How its anchors meet the boxes; None where the model has no anchors that are supported.
        limits: Its limits on the number of boxes.
        proposals: Changes under which anchors meet more boxes.
        traps: The traps that it has, by their names.
    """

    config: str
    notes: tuple[str, ...]
    problems: tuple[str, ...]
    coverage: Coverage | None
    limits: tuple[BoxLimit, ...]
    proposals: tuple[Proposal, ...]
    traps: tuple[tuple[str, Finding], ...]

    def to_json(self) -> dict[str, Any]:
        """Return the diagnosis as a JSON object."""
        return {
            "config": self.config,
            "notes": list(self.notes),
            "problems": list(self.problems),
            "coverage": self.coverage.to_json() if self.coverage else None,
            "limits": [limit.to_json() for limit in self.limits],
            "proposals": [proposal.to_json() for proposal in self.proposals],
            "traps": [{"trap": name, **asdict(finding)} for name, finding in self.traps],
        }


def diagnose(read: ReadConfig, boxes: AnnotatedBoxes, *, path: Path) -> Diagnosis:
    """Return how a config fits the boxes of a data set.

    Args:
        read: The config, read with `read_with_edits`.
        boxes: The boxes.
        path: The file of the config.
    """
    config = read.config
    warmup = {*check_warmup(config)}
    problems = tuple(line for line in problems_of(config) if line not in warmup)
    if not config.model.HasField("ssd"):
        return Diagnosis(str(path), read.notes, problems, None, (), (), ())
    coverage = _coverage(config, boxes, problems)
    case = Case(config, boxes, coverage)
    return Diagnosis(
        str(path),
        read.notes,
        problems,
        coverage,
        box_limits(config, boxes),
        propose(config, boxes) if coverage else (),
        find_traps(case),
    )


def _coverage(
    config: pb.TrainEvalPipelineConfig, boxes: AnnotatedBoxes, problems: Sequence[str]
) -> Coverage | None:
    """Return the coverage; None where the config has no anchors, which `problems` then says."""
    if any(line.partition(":")[0].startswith("model.ssd") for line in problems):
        return None
    try:
        return Coverage.of(config.model.ssd, boxes)
    except ConfigError:
        return None
