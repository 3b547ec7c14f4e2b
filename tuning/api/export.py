"""The export of the best checkpoint of a sweep or training run."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.core.files import StrPath
from sweepbox.detection.data.dataset.remote import local_data
from sweepbox.tuning.storage.remote.reader import local_sweep
from sweepbox.tuning.sweep.export_source import export_source
from sweepbox.tuning.winner.tuned_export import TuningRequest, tuned_export

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
    tune_post_processing: bool | None = ...,
    precision: float | None = ...,
    data: StrPath | None = ...,
    overwrite: bool = ...,
) -> "ExportedModel": ...


@overload
def export(
    source: StrPath,
    out: StrPath,
    *,
    format: Literal["checkpoint"],
    input_type: str = ...,
    tune_post_processing: bool | None = ...,
    precision: float | None = ...,
    data: StrPath | None = ...,
    overwrite: bool = ...,
) -> "ExportedCheckpoint": ...


def export(
    source: StrPath,
    out: StrPath,
    *,
    format: ExportFormat = SAVED_MODEL,  # noqa: A002 - the option of the command
    input_type: str = DEFAULT_INPUT_TYPE,
    tune_post_processing: bool | None = None,
    precision: float | None = None,
    data: StrPath | None = None,
    overwrite: bool = False,
) -> "ExportedModel | ExportedCheckpoint":
    """Export a detector in the Object Detection API's formats.

    Args:
        source: The folder or the URI of a sweep, or the folder of a training run, or of a checkpoint. Of a
            sweep it is the best checkpoint of all its trials by the sweep's objective, of a training run its
            best.
        out: The folder to make; it must not exist or be empty. It appears whole.
        format: `saved_model` for a program to run, or `checkpoint` for weights that the Object Detection API
            loads.
        input_type: What a saved model takes: `image_tensor`, `float_image_tensor`,
            `encoded_image_string_tensor` or `tf_example`.
        tune_post_processing: Choose suppression settings and operating thresholds on the validation part, for
            the exported config and `thresholds.json`. By default that is done for a saved model of a sweep, and
            where `precision` or `data` is given; then nothing is lost where it is not possible.
        precision: Choose the thresholds for this precision (0 to 1) instead of the best F1.
        data: Prepared records whose validation part is used; by default those of the sweep.
        overwrite: Replace an older export in `out`.

    Returns:
        The export's folder, config and further facts. `Detector` takes the folder of a saved model.

    Raises:
        SweepError: No trial of the sweep has been evaluated.
        ModelError: The folder holds no checkpoint, or Keras does not run on TensorFlow.
        UsageError: `out` holds something else, there is no such format or input type, or tuning is asked for
            without `data` for a training run.
        DataError: Tuning is asked for, and the records are missing, or have too few objects.

    Example:
        >>> exported = sb.export("runs/tiny", "exported")
        >>> sorted(path.name for path in exported.directory.iterdir())
        ['label_map.pbtxt', 'model_card.md', 'pipeline.config', 'saved_model', 'thresholds.json']
        >>> sb.export("runs/tiny", "weights", format="checkpoint").prefix.name
        'ckpt-0'
    """
    from sweepbox.detection.export.input_type import InputType, input_type_of
    from sweepbox.detection.export.target import check_folder

    kind = input_type_of(input_type)
    if format not in (SAVED_MODEL, CHECKPOINT):
        raise UsageError(f"format {format!r}: there is no such format; give {SAVED_MODEL} or {CHECKPOINT}")
    if format == CHECKPOINT and kind is not InputType.IMAGE_TENSOR:
        raise UsageError(f"input type {kind}: a checkpoint takes no input; leave it out")
    request = TuningRequest(tune_post_processing, precision, None if data is None else local_data(data))
    folder = local_sweep(source)
    checkpoint, extras = export_source(folder)
    if format == CHECKPOINT:
        from sweepbox.detection.export.od_api_checkpoint import CHECKPOINT_PARTS, export_checkpoint

        check_folder(Path(out), CHECKPOINT_PARTS, overwrite=overwrite)
        tuned = tuned_export(folder, checkpoint, request.only_if_required).output
        return export_checkpoint(checkpoint, Path(out), tuned=tuned, overwrite=overwrite)
    from sweepbox.detection.export.saved_model import EXPORT_FILES, export_detector

    check_folder(Path(out), EXPORT_FILES, overwrite=overwrite)
    tuned = tuned_export(folder, checkpoint, request).output
    return export_detector(
        checkpoint, Path(out), input_type=kind, extras=extras, tuned=tuned, overwrite=overwrite
    )
