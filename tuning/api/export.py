"""The export of the best checkpoint of a sweep or training run."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.core.files import StrPath
from sweepbox.tuning.sweep.export_source import export_source

if TYPE_CHECKING:
    from sweepbox.detection.export.od_api_checkpoint import ExportedCheckpoint
    from sweepbox.detection.export.saved_model import ExportedModel

SAVED_MODEL: Literal["saved_model"] = "saved_model"
CHECKPOINT: Literal["checkpoint"] = "checkpoint"
DEFAULT_INPUT_TYPE = "image_tensor"
ExportFormat = Literal["saved_model", "checkpoint"]


@overload
def export(
    source: StrPath,
    out: StrPath,
    *,
    format: Literal["saved_model"] = ...,
    input_type: str = ...,
    overwrite: bool = ...,
) -> "ExportedModel": ...


@overload
def export(
    source: StrPath,
    out: StrPath,
    *,
    format: Literal["checkpoint"],
    input_type: str = ...,
    overwrite: bool = ...,
) -> "ExportedCheckpoint": ...


def export(
    source: StrPath,
    out: StrPath,
    *,
    format: ExportFormat = SAVED_MODEL,  # noqa: A002 - the option of the command
    input_type: str = DEFAULT_INPUT_TYPE,
    overwrite: bool = False,
) -> "ExportedModel | ExportedCheckpoint":
    """Export a detector in the Object Detection API's formats.

    Args:
        source: The folder of a sweep, of a training run, or of a checkpoint. Of a sweep it is the best
            checkpoint of all its trials by the sweep's objective, of a training run its best.
        out: The folder to make; it must not exist or be empty. It appears whole.
        format: `saved_model` for a program to run, or `checkpoint` for weights that the Object Detection API
            loads.
        input_type: What a saved model takes: `image_tensor`, `float_image_tensor`,
            `encoded_image_string_tensor` or `tf_example`.
        overwrite: Replace an older export in `out`.

    Returns:
        The export's folder, config and further facts. `Detector` takes the folder of a saved model.

    Raises:
        SweepError: No trial of the sweep has been evaluated.
        ModelError: The folder holds no checkpoint, or Keras does not run on TensorFlow.
        UsageError: `out` holds something else, or there is no such format or input type.

    Example:
        >>> exported = sb.export("runs/tiny", "exported")
        >>> sorted(path.name for path in exported.directory.iterdir())
        ['label_map.pbtxt', 'model_card.md', 'pipeline.config', 'saved_model']
        >>> sb.export("runs/tiny", "weights", format="checkpoint").prefix.name
        'ckpt-0'
    """
    from sweepbox.detection.export.input_type import InputType, input_type_of

    kind = input_type_of(input_type)
    if format not in (SAVED_MODEL, CHECKPOINT):
        raise UsageError(f"format {format!r}: there is no such format; give {SAVED_MODEL} or {CHECKPOINT}")
    if format == CHECKPOINT and kind is not InputType.IMAGE_TENSOR:
        raise UsageError(f"input type {kind}: a checkpoint takes no input; leave it out")
    checkpoint, extras = export_source(Path(source))
    if format == CHECKPOINT:
        from sweepbox.detection.export.od_api_checkpoint import export_checkpoint

        return export_checkpoint(checkpoint, Path(out), overwrite=overwrite)
    from sweepbox.detection.export.saved_model import export_detector

    return export_detector(checkpoint, Path(out), input_type=kind, extras=extras, overwrite=overwrite)
