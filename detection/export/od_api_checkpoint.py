"""Export of a checkpoint folder to a checkpoint of the TensorFlow Object Detection API."""

from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.checkpoint.files import CONFIG_FILE, WEIGHTS_FILE
from sweepbox.detection.checkpoint.object_writer import write_object_based
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.extractors import pyramid_fields_without_effect
from sweepbox.detection.config.label_map import LABEL_MAP_FILE, load_label_map, save_label_map
from sweepbox.detection.config.load import load_config, save_config
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.core.files import atomic_directory
from sweepbox.detection.export.source import check_files, load_detector
from sweepbox.detection.export.target import check_folder
from sweepbox.detection.export.tuned import TunedOutput

CHECKPOINT = "checkpoint"
FIRST_OWN_FIELD = 1000
"""Augmentation options that only Sweepbox has start at this field number in the schema."""

CHECKPOINT_PARTS = (CHECKPOINT, CONFIG_FILE, LABEL_MAP_FILE)


@dataclass(frozen=True)
class ExportedCheckpoint:
    """An exported checkpoint.

    Attributes:
        directory: The folder of the export.
        config: The exported config.
        prefix: The path of the checkpoint without `.index`.
        variables: The number of variables.
        removed_options: The augmentation options that the exported config lacks, because the Object Detection
            API does not have them; they have no effect on detections.
    """

    directory: Path
    config: pb.TrainEvalPipelineConfig
    prefix: Path
    variables: int
    removed_options: tuple[str, ...] = ()


def export_checkpoint(
    checkpoint: Path, out: Path, *, tuned: TunedOutput | None = None, overwrite: bool = False
) -> ExportedCheckpoint:
    """Export the detector of a checkpoint folder as a checkpoint of the Object Detection API.

    The folder `out` is written atomically; it has `checkpoint/ckpt-0.*`, `checkpoint/checkpoint`,
    `pipeline.config` and `label_map.pbtxt`. The variables are float32, whatever the precision of the training;
    the optimizer's state is not included.

    Args:
        checkpoint: The checkpoint folder.
        out: The folder to write.
        tuned: Suppression that was chosen after training.
        overwrite: Replace an older export of this kind in `out`.

    Raises:
        UsageError: `out` is not empty; with `overwrite`, it has something else than an export of this kind.
        ModelError: The checkpoint is incomplete or inconsistent, or the Object Detection API cannot build its
            model.
    """
    check_folder(out, CHECKPOINT_PARTS, overwrite=overwrite)
    check_files(checkpoint, (CONFIG_FILE, LABEL_MAP_FILE, WEIGHTS_FILE))
    config, label_map = load_config(checkpoint / CONFIG_FILE), load_label_map(checkpoint / LABEL_MAP_FILE)
    if tuned is not None:
        tuned.apply(config)
    _check_pyramid(checkpoint, config)
    removed_options = _remove_own_options(config.train_config)
    with atomic_directory(out) as folder:
        written, variables = _write_weights(checkpoint, config, folder / CHECKPOINT)
        save_config(config, folder / CONFIG_FILE)
        save_label_map(label_map, folder / LABEL_MAP_FILE)
    return ExportedCheckpoint(out, config, out / CHECKPOINT / written.name, variables, removed_options)


def _check_pyramid(checkpoint: Path, config: pb.TrainEvalPipelineConfig) -> None:
    """Check that the Object Detection API builds the same feature pyramid, and clear `follow_fields`.

    Raises:
        ModelError: It ignores fields of the pyramid that the model was trained with.
    """
    extractor = config.model.ssd.feature_extractor
    if extractor.fpn.HasField("follow_fields"):
        extractor.fpn.ClearField("follow_fields")
    ignored = pyramid_fields_without_effect(extractor)
    if ignored:
        shown = ", ".join(f"{name} = {getattr(extractor.fpn, name)}" for name in ignored)
        raise ModelError(
            f"{checkpoint}: the Object Detection API cannot load this model: it ignores fpn's {shown} with "
            f"{extractor.type}; export a SavedModel (--format saved_model)"
        )


def _remove_own_options(train_config: pb.TrainConfig) -> tuple[str, ...]:
    """Remove the augmentation options that the Object Detection API does not have; return their names."""
    options = train_config.data_augmentation_options
    own = [option for option in options for field, _ in option.ListFields() if field.number >= FIRST_OWN_FIELD]
    for option in own:
        options.remove(option)
    return tuple(str(option.WhichOneof("preprocessing_step")) for option in own)


def _write_weights(checkpoint: Path, config: pb.TrainEvalPipelineConfig, directory: Path) -> tuple[Path, int]:
    """Write an object-based checkpoint of the weights; return its path and the number of variables."""
    detector = load_detector(checkpoint, config)
    directory.mkdir()
    prefix = write_object_based(detector.network, detector.backbone, config.model.ssd, directory)
    return prefix, len(detector.network.weights)
