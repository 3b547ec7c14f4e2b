"""`detector.json`: what the winner's detections on the validation part show."""

import json
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from pydantic import ConfigDict

from sweepbox.detection.analysis.detector_analysis import DetectorAnalysis
from sweepbox.detection.core.files import write_text
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.json_records import STRICT, read_record

FORMAT = 1
REMEDY = "delete it; `sweepbox report` writes it again"


@dataclass(frozen=True)
class Thumbnail:
    """A small picture of a validation image.

    Attributes:
        image: The position of the image among those that were evaluated, from 0.
        name: The name of the image.
        file: The file in the sweep's folder of thumbnails.
        height: The height of the thumbnail in pixels.
        width: Its width in pixels.
    """

    image: int
    name: str
    file: str
    height: int
    width: int


@dataclass(frozen=True)
class DetectorReport:
    """What the winner's detections on the validation part show.

    Attributes:
        format: The version of the document.
        trial: The trial whose best weights made the detections.
        step: The training step of these weights.
        is_tuned: Whether suppression and thresholds are those that `winner.json` has for the export.
        suppression: The settings of the suppression, in words.
        threshold_rule: What the thresholds were chosen for.
        seconds: How long it took.
        analysis: The analysis.
        thumbnails: Pictures of the worst images and of those with suspects.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    format: int
    trial: str
    step: int
    is_tuned: bool
    suppression: str
    threshold_rule: str
    seconds: float
    analysis: DetectorAnalysis
    thumbnails: tuple[Thumbnail, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return asdict(self)


def write_detector_report(folder: SweepFolder, report: DetectorReport) -> None:
    """Write `detector.json`, atomically."""
    text = json.dumps(report.to_json(), allow_nan=False, separators=(",", ":"))
    write_text(folder.detector, text + "\n")


def read_detector_report(folder: SweepFolder) -> DetectorReport | None:
    """Return what `detector.json` holds, None where there is none; SweepError where it is damaged."""
    if not folder.detector.exists():
        return None
    return read_record(DetectorReport, folder.detector, remedy=REMEDY)
