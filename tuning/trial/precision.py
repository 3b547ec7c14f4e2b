"""`precision: auto`: measured once for a sweep, by the first trial, so that all trials compute alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from filelock import FileLock
from pydantic import ConfigDict

from sweepbox.detection.core.files import write_json
from sweepbox.detection.model.precision import Precision
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.json_records import STRICT, read_record
from sweepbox.tuning.storage.remote.content import shared_file
from sweepbox.tuning.storage.remote.layout import PRECISION

if TYPE_CHECKING:
    from sweepbox.detection.runner import RunSettings


@dataclass(frozen=True)
class PrecisionRecord:
    """`precision.json`: the precision of all trials, and the seconds of a training step that each kind took."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    precision: Precision
    step_s: Mapping[str, float]


def sweep_precision(sweep: SweepFolder, settings: "RunSettings") -> Precision:
    """Return the precision that the sweep's first trial found the better one; other trials wait for it."""
    with FileLock(sweep.precision.with_suffix(".lock")), shared_file(sweep.precision, PRECISION):
        if not sweep.precision.exists():
            from sweepbox.detection.runner.precision_choice import choose_precision

            choice = choose_precision(settings)
            step_s = {kind.value: round(seconds, 5) for kind, seconds in choice.step_s.items()}
            write_json(
                sweep.precision, {"precision": choice.precision.value, "step_s": step_s}, makes_folder=False
            )
    remedy = "restore it, or delete it to have the precision measured again"
    return read_record(PrecisionRecord, sweep.precision, remedy=remedy).precision
