"""`latency/`: the measured latency of each network of a sweep with its post-processing."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.files import write_json
from sweepbox.detection.model.static import detector_part
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.json_records import STRICT, read_record


@dataclass(frozen=True)
class LatencyRecord:
    """One measurement.

    Attributes:
        latency_ms: The milliseconds from one image to its detections.
        latency_idle: Whether no trial of the sweep ran meanwhile.
        device: What it was measured on.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    latency_ms: Annotated[float, Field(gt=0)]
    latency_idle: bool
    device: str


def latency_path(folder: SweepFolder, ssd: pb.Ssd) -> Path:
    """Return the file of a detector's latency: one for each program and setting of the post-processing."""
    suppression = ssd.post_processing.batch_non_max_suppression
    thresholds = suppression.score_threshold, suppression.iou_threshold
    key = hashlib.sha256(repr((detector_part(ssd), thresholds)).encode()).hexdigest()[:12]
    return folder.latency / f"{key}.json"


def write_latency(path: Path, record: LatencyRecord) -> None:
    """Write a measurement, atomically."""
    path.parent.mkdir(exist_ok=True)
    write_json(path, asdict(record))


def read_latency(path: Path) -> LatencyRecord:
    """Return a measurement; SweepError where its file is missing or damaged."""
    return read_record(
        LatencyRecord, path, remedy="delete it and resume the sweep to have the latency measured again"
    )


def read_latencies(folder: SweepFolder) -> tuple[LatencyRecord, ...]:
    """Return all measurements of a sweep."""
    return tuple(read_latency(path) for path in sorted(folder.latency.glob("*.json")))
