"""Loads the initial weights of a run from a source, over randomly initialised ones."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sweepbox.detection.checkpoint.files import WEIGHTS_FILE
from sweepbox.detection.checkpoint.object_based import (
    TYPE_FIELD,
    RestoredPart,
    RestoreSummary,
    restore_object_based,
)
from sweepbox.detection.checkpoint.source import is_backbone_source, is_own_checkpoint
from sweepbox.detection.checkpoint.weights import load_weights
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError, ModelError, TrainingError
from sweepbox.detection.model.ssd import SsdDetector
from sweepbox.detection.model.weights import WeightsSummary, load_backbone_weights

WeightsReport = RestoreSummary | WeightsSummary
"""What was loaded, and from where; `str` gives one line."""


def load_initial_weights(
    detector: SsdDetector, source: str, config: pb.TrainEvalPipelineConfig
) -> WeightsReport:
    """Load weights into a detector.

    Args:
        detector: The detector.
        source: `imagenet` or a weights file (see `load_backbone_weights`), a checkpoint folder of ours, else an
            Object Detection API checkpoint (see `find_prefix`), of which `restored_part` is restored.
        config: The config of the run.

    Raises:
        ModelError: The source does not match the detector; no weight was changed.
    """
    if is_backbone_source(source):
        return load_backbone_weights(detector, source)
    if is_own_checkpoint(source):
        return _load_own_checkpoint(detector, Path(source))
    _, summary = restore_object_based(detector.network, source, config.model.ssd, restored_part(config))
    return summary


def _load_own_checkpoint(detector: SsdDetector, folder: Path) -> WeightsSummary:
    """Load all weights of a checkpoint folder of ours."""
    try:
        load_weights(detector.network, folder / WEIGHTS_FILE)
    except TrainingError as error:
        raise ModelError(f"initial weights: {error}") from error
    paths = tuple(weight.path for weight in detector.network.weights)
    return WeightsSummary(str(folder), "checkpoint of Sweepbox", paths, (), ())


def restored_part(config: pb.TrainEvalPipelineConfig) -> RestoredPart:
    """Return the part that a config restores from a checkpoint.

    An unset `fine_tune_checkpoint_type` means `detection` if `from_detection_checkpoint` is true, else
    `classification`, as in the Object Detection API.

    Raises:
        ConfigError: The type is unknown.
    """
    train = config.train_config
    default = RestoredPart.DETECTION if train.from_detection_checkpoint else RestoredPart.CLASSIFICATION
    try:
        return RestoredPart(train.fine_tune_checkpoint_type or default)
    except ValueError:
        kinds = ", ".join(repr(part.value) for part in RestoredPart)
        raise ConfigError(
            f"{TYPE_FIELD}: {train.fine_tune_checkpoint_type!r} is not supported; use one of {kinds}"
        ) from None


def report_to_json(report: WeightsReport) -> dict[str, Any]:
    """Return a report as JSON-serialisable values."""
    return {"kind": type(report).__name__, **asdict(report)}


def report_from_json(entry: Mapping[str, Any]) -> WeightsReport:
    """Return the report that `report_to_json` converted; JSON lists become tuples again."""
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in entry.items()
        if name != "kind"
    }
    if entry["kind"] == WeightsSummary.__name__:
        return WeightsSummary(**fields)
    return RestoreSummary(**fields | {"part": RestoredPart(fields["part"])})
