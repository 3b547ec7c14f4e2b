"""The report's section on the winning detector: `detector.json` with the thumbnails inside it."""

import base64
import logging
from pathlib import Path
from typing import Any

from sweepbox.detection.core.errors import SweepboxError
from sweepbox.detection.core.limits import IMAGE_BYTES
from sweepbox.detection.core.regular_files import read_limited
from sweepbox.tuning.report.detector.document import FORMAT, DetectorReport, read_detector_report
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.winner.post_processing import KEY

logger = logging.getLogger(__name__)


def detector_section(state: SweepState) -> dict[str, Any] | None:
    """Return `detector.json` as the page takes it, None where there is none for the winner.

    `thumbnails` has `{name, height, width, source}` by the position of the image, where `source` is a data URI;
    a picture that is missing is left out.
    """
    report = detector_report_of(state)
    if report is None:
        return None
    found = report.to_json()
    found["thumbnails"] = {
        str(item.image): {
            "name": item.name,
            "height": item.height,
            "width": item.width,
            "source": source,
        }
        for item in report.thumbnails
        if (source := _data_uri(state.folder.thumbnails / Path(item.file).name)) is not None
    }
    return found


def detector_report_of(state: SweepState) -> DetectorReport | None:
    """Return what `detector.json` holds if it is that of the winner; None else.

    A file that cannot be read is logged.
    """
    try:
        report = read_detector_report(state.folder)
    except SweepboxError as error:
        logger.warning("%s", error)
        return None
    return report if report is not None and is_current(state, report) else None


def is_current(state: SweepState, report: DetectorReport) -> bool:
    """Return whether a report is that of the winner's best evaluation, with the settings of its export."""
    trial = winner_trial(state)
    if trial is None:
        return False
    best = state.trial(trial).best
    winner = state.winner
    is_tuned = winner is not None and winner.trial == trial and winner.content.get(KEY) is not None
    expected = (FORMAT, trial, None if best is None else best.step, is_tuned)
    return (report.format, report.trial, report.step, report.is_tuned) == expected


def winner_trial(state: SweepState) -> str | None:
    """Return the trial of the winner: the confirmed one, or else that of the best evaluation."""
    if state.confirmed_winner is not None:
        return state.confirmed_winner.trial
    return None if state.best is None else state.best.trial


def _data_uri(path: Path) -> str | None:
    try:
        return f"data:image/jpeg;base64,{base64.b64encode(read_limited(path, IMAGE_BYTES)).decode()}"
    except (OSError, ValueError):
        return None
