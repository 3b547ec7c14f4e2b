"""The suppression and thresholds that an export gets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sweepbox.detection.core.errors import DataError, SweepboxError, UsageError
from sweepbox.detection.data.dataset.prepared import open_dataset
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.spec.schema import ObjectiveSpec
from sweepbox.tuning.storage.dataset import open_sweep_data
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.winner.post_processing import frozen_post_processing, tune_post_processing

if TYPE_CHECKING:
    from sweepbox.detection.export.tuned import TunedOutput
    from sweepbox.detection.post_training.post_training import PostTraining


@dataclass(frozen=True)
class TuningRequest:
    """Whether and how suppression and thresholds are tuned for an export.

    Attributes:
        wanted: Tune them; None to tune where the validation part is known: of a sweep, or with `data`.
        precision: Choose the thresholds for this precision instead of the best F1.
        data: Prepared records, whose validation part is used instead of the sweep's.

    Raises:
        UsageError: `precision` or `data` is given, but nothing is to be tuned; or the precision is not in 0..1.
    """

    wanted: bool | None = None
    precision: float | None = None
    data: Path | None = None

    def __post_init__(self) -> None:
        """Check that the settings agree."""
        if self.wanted is False and self.is_specified:
            raise UsageError(
                "a precision or data for tuning is given, but tuning is switched off; leave one of them out"
            )
        if self.precision is not None and not 0 < self.precision <= 1:
            raise UsageError(f"precision {self.precision:g}: give a value above 0 and at most 1")

    @property
    def is_specified(self) -> bool:
        """Whether anything says how to tune."""
        return self.precision is not None or self.data is not None

    @property
    def only_if_required(self) -> "TuningRequest":
        """The same request, which by default asks for nothing."""
        return self if self.is_required else TuningRequest(wanted=False)

    @property
    def is_required(self) -> bool:
        """Whether it is an error if nothing can be tuned."""
        return bool(self.wanted) or self.is_specified


@dataclass(frozen=True)
class TunedExport:
    """What an export gets: `output`, None for the checkpoint's own settings, and lines for the user."""

    output: "TunedOutput | None" = None
    lines: Sequence[str] = ()


def tuned_export(
    source: Path,
    checkpoint: Path,
    request: TuningRequest,
    *,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> TunedExport:
    """Return the suppression and thresholds for the export of a checkpoint.

    Those of `winner.json` are used where the sweep froze them and nothing else is asked for.

    Args:
        source: The folder of a sweep, of a training run, or of a checkpoint.
        checkpoint: The checkpoint folder in it.
        request: What is asked for.
        on_progress: Called with the name of the phase, the finished units and their total.

    Raises:
        UsageError: Tuning is asked for, and the validation part is not known.
        SweepboxError: Tuning is asked for and is not possible.
    """
    folder = SweepFolder(source)
    if request.wanted is False or not (folder.exists or request.is_required):
        return TunedExport()
    try:
        chosen = (
            None if request.is_specified or not folder.exists else frozen_post_processing(folder, checkpoint)
        )
        if chosen is None:
            chosen = _tuned(folder, checkpoint, request, on_progress)
    except SweepboxError as error:
        if request.is_required:
            raise
        reason = str(error).splitlines()[0]
        return TunedExport(lines=(f"suppression and thresholds are not tuned: {reason}",))
    return TunedExport(_output(chosen, checkpoint), chosen.lines)


def _output(chosen: "PostTraining", checkpoint: Path) -> "TunedOutput":
    from sweepbox.detection.checkpoint.files import CONFIG_FILE
    from sweepbox.detection.config.load import load_config

    return chosen.output(load_config(checkpoint / CONFIG_FILE))


def _tuned(
    folder: SweepFolder,
    checkpoint: Path,
    request: TuningRequest,
    on_progress: Callable[[str, int, int], None] | None,
) -> "PostTraining":
    if request.data is not None:
        dataset = open_dataset(request.data)
    elif folder.exists:
        dataset = open_sweep_data(folder, load_spec(folder.spec))
    else:
        raise UsageError("the validation part to tune on is not known; name prepared records with --data")
    _check_classes(checkpoint, dataset.directory)
    objective = load_spec(folder.spec).objective if folder.exists else ObjectiveSpec(metric="mAP")
    return tune_post_processing(
        checkpoint,
        dataset.validation,
        Objective.of(objective),
        precision=request.precision,
        predictions_file=_predictions_file(folder, checkpoint),
        on_progress=on_progress,
    )


def _predictions_file(folder: SweepFolder, checkpoint: Path) -> Path | None:
    """Return the file that keeps the predictions of a sweep's checkpoint, which is in its trial's folder."""
    return folder.predictions / f"{checkpoint.parent.name}.arrow" if folder.exists else None


def _check_classes(checkpoint: Path, data: Path) -> None:
    """Raise DataError where the records have other classes than the checkpoint."""
    from sweepbox.detection.config.label_map import LABEL_MAP_FILE, load_label_map

    own, other = load_label_map(checkpoint / LABEL_MAP_FILE), load_label_map(data / LABEL_MAP_FILE)
    if own.items != other.items:
        raise DataError(
            f"{data}: its classes are {', '.join(other.names)}, the model's are {', '.join(own.names)}; "
            "name records with the model's classes"
        )
