"""A checkpoint folder made into a checkpoint that the TensorFlow Object Detection API loads."""

from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.checkpoint.folder import CONFIG_FILE, WEIGHTS_FILE
from sweepbox.detection.checkpoint.object_writer import write_object_based
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.label_map import LABEL_MAP_FILE, load_label_map, save_label_map
from sweepbox.detection.config.load import load_config, save_config
from sweepbox.detection.core.files import atomic_directory
from sweepbox.detection.export.source import check_files, load_detector
from sweepbox.detection.export.target import check_folder

CHECKPOINT = "checkpoint"
FIRST_OWN_FIELD = 1000
"""Options of Sweepbox's own have numbers from here in the schema."""

CHECKPOINT_PARTS = (CHECKPOINT, CONFIG_FILE, LABEL_MAP_FILE)


@dataclass(frozen=True)
class ExportedCheckpoint:
    """An exported checkpoint: its folder and config, its path without `.index`, the number of variables.

    `left_out` names the augmentation options that the Object Detection API does not know, which the exported
    config therefore lacks; they change nothing of what the model detects.
    """

    directory: Path
    config: pb.TrainEvalPipelineConfig
    prefix: Path
    variables: int
    left_out: tuple[str, ...] = ()


def export_checkpoint(checkpoint: Path, out: Path, *, overwrite: bool = False) -> ExportedCheckpoint:
    """Write the detector of a checkpoint folder to `out` as the Object Detection API does; whole or not at all.

    `out` gets `checkpoint/ckpt-0.*` and `checkpoint/checkpoint`, `pipeline.config` and `label_map.pbtxt`. The
    variables are float32 whatever precision the training had; the optimizer's state is not among them. An `out`
    that holds anything is refused with UsageError; with `overwrite` an older export of this kind there is
    replaced, anything else is still refused. ModelError where the checkpoint is incomplete or does not fit
    together.
    """
    check_folder(out, CHECKPOINT_PARTS, overwrite=overwrite)
    check_files(checkpoint, (CONFIG_FILE, LABEL_MAP_FILE, WEIGHTS_FILE))
    config, label_map = load_config(checkpoint / CONFIG_FILE), load_label_map(checkpoint / LABEL_MAP_FILE)
    left_out = _remove_own_options(config.train_config)
    with atomic_directory(out) as folder:
        written, variables = _write_weights(checkpoint, config, folder / CHECKPOINT)
        save_config(config, folder / CONFIG_FILE)
        save_label_map(label_map, folder / LABEL_MAP_FILE)
    return ExportedCheckpoint(out, config, out / CHECKPOINT / written.name, variables, left_out)


def _remove_own_options(train_config: pb.TrainConfig) -> tuple[str, ...]:
    """Remove the augmentation options that the Object Detection API cannot read; return their names."""
    options = train_config.data_augmentation_options
    own = [option for option in options for field, _ in option.ListFields() if field.number >= FIRST_OWN_FIELD]
    for option in own:
        options.remove(option)
    return tuple(str(option.WhichOneof("preprocessing_step")) for option in own)


def _write_weights(checkpoint: Path, config: pb.TrainEvalPipelineConfig, directory: Path) -> tuple[Path, int]:
    """Write the object-based checkpoint of a folder's weights; return its path and the number of variables."""
    detector = load_detector(checkpoint, config)
    directory.mkdir()
    prefix = write_object_based(detector.network, detector.backbone, config.model.ssd, directory)
    return prefix, len(detector.network.weights)
