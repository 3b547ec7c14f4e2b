"""`sweepbox export`: export the best checkpoint as a model."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from sweepbox.detection.export.input_type import InputType
from sweepbox.scripts.cli import run
from sweepbox.scripts.data_option import local_data
from sweepbox.scripts.sweep_path import Source

if TYPE_CHECKING:
    from sweepbox.detection.checkpoint.folder import CheckpointMetadata
    from sweepbox.detection.export.model_card import CardExtras
    from sweepbox.tuning.winner.tuned_export import TunedExport, TuningRequest


class ExportFormat(StrEnum):
    """What an export is written as."""

    SAVED_MODEL = "saved_model"
    CHECKPOINT = "checkpoint"


def command(
    source: Source,
    out: Annotated[Path, Argument(help="Folder to make; it must not exist or be empty.")],
    *,
    export_format: Annotated[
        ExportFormat,
        Option(
            "--format",
            help="saved_model: a program to run; checkpoint: weights that the Object Detection API loads.",
        ),
    ] = ExportFormat.SAVED_MODEL,
    input_type: Annotated[
        InputType,
        Option(
            help="What a saved_model takes: one uint8 image, a batch of float images, "
            "or batches of encoded images or of serialised Examples."
        ),
    ] = InputType.IMAGE_TENSOR,
    tune_post_processing: Annotated[
        bool | None,
        Option(
            "--tune-post-processing/--no-tune-post-processing",
            show_default=False,
            help="Choose suppression and score thresholds on the validation part; by default only for a "
            "saved_model of a sweep.",
        ),
    ] = None,
    precision_at: Annotated[
        float | None,
        Option(help="Choose the score thresholds for this precision (0 to 1) instead of the best F1."),
    ] = None,
    data: Annotated[
        Path | None,
        Option(
            parser=local_data,
            metavar="PATH|URI",
            help="Prepared records whose validation part is used for it; by default the sweep's.",
        ),
    ] = None,
    overwrite: Annotated[bool, Option("--overwrite", help="Replace an older export in OUT.")] = False,
) -> None:
    """Export a detector as a SavedModel or a checkpoint in the Object Detection API's formats.

    Of a sweep it is the best checkpoint of all its trials by the sweep's objective, of a training run its best.
    OUT gets saved_model/, pipeline.config, label_map.pbtxt and model_card.md; as a checkpoint it gets
    checkpoint/, pipeline.config and label_map.pbtxt, which the Object Detection API trains on, evaluates and
    exports.

    With --tune-post-processing the NMS IoU, soft-NMS and detection limits in the exported config are chosen by
    cross-validation for the sweep's metric, where that gains beyond noise, and the score from which a detection
    of each class counts is written to thresholds.json, which `sweepbox detect` uses. Nothing is trained.
    """
    from sweepbox.detection.core.errors import UsageError
    from sweepbox.scripts.console import plain_console

    as_checkpoint = export_format is ExportFormat.CHECKPOINT
    if as_checkpoint and input_type is not InputType.IMAGE_TENSOR:
        raise UsageError(f"--input-type {input_type}: a checkpoint takes no input; leave it out")
    from sweepbox.tuning.winner.tuned_export import TuningRequest

    request = TuningRequest(tune_post_processing, precision_at, data)
    if as_checkpoint:
        summary = _save_checkpoint(source, out, request.only_if_required, overwrite=overwrite)
    else:
        summary = _save_model(source, out, request, input_type=input_type, overwrite=overwrite)
    plain_console().print(summary, highlight=False, markup=False, soft_wrap=True)


def _save_model(
    source: Path, out: Path, request: "TuningRequest", *, input_type: InputType, overwrite: bool
) -> str:
    """Write a SavedModel; return the summary to print."""
    from sweepbox.tuning.sweep.export_source import export_source

    checkpoint, extras = export_source(source)  # first: it reports errors before TensorFlow is loaded

    from sweepbox.detection.export.saved_model import EXPORT_FILES, export_detector
    from sweepbox.detection.export.target import check_folder
    from sweepbox.scripts.console import plain_console

    check_folder(out, EXPORT_FILES, overwrite=overwrite)
    tuned = _tuned(source, checkpoint, request)
    with plain_console(stderr=True).status("exporting"):
        exported = export_detector(
            checkpoint, out, input_type=input_type, extras=extras, tuned=tuned.output, overwrite=overwrite
        )
    files = ["saved_model/", "pipeline.config", "label_map.pbtxt", "model_card.md"]
    files += [] if exported.thresholds is None else ["thresholds.json"]
    written = f"{', '.join(files[:-1])} and {files[-1]} are in {exported.directory}"
    return _summary(extras, exported.metadata, [*tuned.lines, f"it takes {input_type}", written])


def _tuned(source: Path, checkpoint: Path, request: "TuningRequest") -> "TunedExport":
    """Return the suppression and thresholds of the export, with progress bars."""
    from contextlib import ExitStack

    from sweepbox.scripts.progress import OnProgress, progress_bar
    from sweepbox.tuning.winner.tuned_export import tuned_export

    with ExitStack() as stack:
        bars: dict[str, OnProgress] = {}

        def on_progress(phase: str, done: int, total: int) -> None:
            if phase not in bars:
                stack.close()
                bars[phase] = stack.enter_context(progress_bar(phase))
            bars[phase](done, total)

        return tuned_export(source, checkpoint, request, on_progress=on_progress)


def _save_checkpoint(source: Path, out: Path, request: "TuningRequest", *, overwrite: bool) -> str:
    """Write a checkpoint of the Object Detection API; return the summary to print."""
    from sweepbox.tuning.sweep.export_source import export_source

    checkpoint, extras = export_source(source)

    from sweepbox.detection.checkpoint.folder import read_checkpoint_metadata
    from sweepbox.detection.export.od_api_checkpoint import CHECKPOINT_PARTS, export_checkpoint
    from sweepbox.detection.export.target import check_folder
    from sweepbox.scripts.console import plain_console

    check_folder(out, CHECKPOINT_PARTS, overwrite=overwrite)
    tuned = _tuned(source, checkpoint, request)
    with plain_console(stderr=True).status("exporting"):
        exported = export_checkpoint(checkpoint, out, tuned=tuned.output, overwrite=overwrite)
    lines = [
        *tuned.lines,
        *(f"left out, as the Object Detection API has no {name}" for name in exported.removed_options),
        f"{exported.variables} variables are in {exported.prefix}",
        f"pipeline.config and label_map.pbtxt are in {exported.directory}",
    ]
    return _summary(extras, read_checkpoint_metadata(checkpoint), lines)


def _summary(extras: "CardExtras", metadata: "CheckpointMetadata", written: Sequence[str]) -> str:
    """Return the summary to print; `written` are its last lines."""
    metrics = metadata.metrics
    named = [f"{name} {metrics[name]:.4f}" for name in ("mAP", "mAP@.50") if metrics.get(name, -1) >= 0]
    lines = [
        f"exported {extras.origin or f'the checkpoint of step {metadata.step}'}",
        *([f"on the validation part: {', '.join(named)}"] if named else []),
        *written,
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    run(command)
