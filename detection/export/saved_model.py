"""Export of a checkpoint folder to a SavedModel with the signature of the Object Detection API."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from sweepbox.detection.checkpoint.files import CONFIG_FILE, METRICS_FILE, WEIGHTS_FILE
from sweepbox.detection.checkpoint.folder import CheckpointMetadata, read_checkpoint_metadata
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.label_map import LABEL_MAP_FILE, load_label_map, save_label_map
from sweepbox.detection.config.load import load_config, save_config
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.core.files import atomic_directory, sha256_of, write_text
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.thresholds import THRESHOLDS_FILE, OperatingThresholds
from sweepbox.detection.export.input_type import InputType
from sweepbox.detection.export.model_card import CardExtras, model_card
from sweepbox.detection.export.serving import SIGNATURE, require_tensorflow, serving_module
from sweepbox.detection.export.source import check_files, load_detector
from sweepbox.detection.export.target import check_folder
from sweepbox.detection.export.tuned import TunedOutput

SAVED_MODEL = "saved_model"
MODEL_CARD = "model_card.md"
EXPORT_FILES = (SAVED_MODEL, CONFIG_FILE, LABEL_MAP_FILE, MODEL_CARD, THRESHOLDS_FILE)


@dataclass(frozen=True)
class ExportedModel:
    """An exported model.

    Attributes:
        directory: The folder of the export.
        config: The config of the model.
        label_map: The classes.
        metadata: The metadata of the checkpoint.
        input_type: The input type of the SavedModel.
        thresholds: The operating thresholds beside it; None if there are none.
    """

    directory: Path
    config: pb.TrainEvalPipelineConfig
    label_map: LabelMap
    metadata: CheckpointMetadata
    input_type: InputType
    thresholds: OperatingThresholds | None = None

    @property
    def saved_model(self) -> Path:
        """The folder of the SavedModel, for `tf.saved_model.load`."""
        return self.directory / SAVED_MODEL


def export_detector(
    checkpoint: Path,
    out: Path,
    *,
    input_type: InputType = InputType.IMAGE_TENSOR,
    extras: CardExtras | None = None,
    tuned: TunedOutput | None = None,
    overwrite: bool = False,
) -> ExportedModel:
    """Export the detector of a checkpoint folder as a SavedModel.

    The folder `out` is written atomically; it has `saved_model/`, `pipeline.config`, `label_map.pbtxt`,
    `model_card.md` and, with tuned thresholds, `thresholds.json`. The SavedModel computes in float32, whatever
    the precision of the training.

    Args:
        checkpoint: The checkpoint folder.
        out: The folder to write.
        input_type: The input type of the SavedModel.
        extras: More information for the model card.
        tuned: Suppression and thresholds that were chosen after training.
        overwrite: Replace an older export in `out`.

    Raises:
        UsageError: `out` is not empty; with `overwrite`, it has something else than an export.
        ModelError: The checkpoint is incomplete or inconsistent, or the Keras backend is not TensorFlow.
    """
    require_tensorflow(keras.backend.backend())
    check_folder(out, EXPORT_FILES, overwrite=overwrite)
    config, label_map, metadata = _read_checkpoint(checkpoint)
    if tuned is not None:
        tuned.apply(config)
    thresholds = None if tuned is None else tuned.thresholds
    detector = load_detector(checkpoint, config)
    module = serving_module(detector, config.model.ssd.image_resizer, input_type)
    weights_sha256 = sha256_of(checkpoint / WEIGHTS_FILE)
    known = extras or CardExtras()
    card = model_card(config, label_map, metadata, weights_sha256, known, input_type=input_type, tuned=tuned)
    with atomic_directory(out) as folder:
        _save(module, folder / SAVED_MODEL)
        save_config(config, folder / CONFIG_FILE)
        save_label_map(label_map, folder / LABEL_MAP_FILE)
        write_text(folder / MODEL_CARD, card)
        if thresholds is not None:
            thresholds.save(folder)
    return ExportedModel(out, config, label_map, metadata, input_type, thresholds)


def _read_checkpoint(checkpoint: Path) -> tuple[pb.TrainEvalPipelineConfig, LabelMap, CheckpointMetadata]:
    """Return config, classes and metadata of a checkpoint folder; ModelError if it is incomplete."""
    check_files(checkpoint, (CONFIG_FILE, LABEL_MAP_FILE, WEIGHTS_FILE, METRICS_FILE))
    config, label_map = load_config(checkpoint / CONFIG_FILE), load_label_map(checkpoint / LABEL_MAP_FILE)
    if label_map.num_classes > config.model.ssd.num_classes:
        raise ModelError(
            f"{checkpoint}: the label map has ids up to {label_map.num_classes}, but the model has "
            f"num_classes: {config.model.ssd.num_classes}; use the label map that it was trained with"
        )
    return config, label_map, read_checkpoint_metadata(checkpoint)


def _save(module: Any, folder: Path) -> None:
    """Write the SavedModel."""
    import tensorflow as tf

    tf.saved_model.save(module, str(folder), signatures={SIGNATURE: module.__call__})
