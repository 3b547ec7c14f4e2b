"""`precision: auto`: measured once for a sweep, by the first trial, so that all trials compute alike."""

import json
from typing import TYPE_CHECKING

from filelock import FileLock

from sweepbox.detection.core.files import write_json
from sweepbox.detection.model.precision import Precision
from sweepbox.tuning.storage.folder import SweepFolder

if TYPE_CHECKING:
    from sweepbox.detection.runner import RunSettings


def sweep_precision(sweep: SweepFolder, settings: "RunSettings") -> Precision:
    """Return the precision that the sweep's first trial found the better one; other trials wait for it."""
    with FileLock(sweep.precision.with_suffix(".lock")):
        if not sweep.precision.is_file():
            from sweepbox.detection.runner.precision_choice import choose_precision

            choice = choose_precision(settings)
            step_s = {kind.value: round(seconds, 5) for kind, seconds in choice.step_s.items()}
            write_json(sweep.precision, {"precision": choice.precision.value, "step_s": step_s})
    return Precision(json.loads(sweep.precision.read_text())["precision"])
