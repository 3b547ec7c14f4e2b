"""Writes the report page of a sweep."""

from pathlib import Path

from sweepbox.detection.core.files import write_text
from sweepbox.tuning.report.build import report_model
from sweepbox.tuning.report.html.page import page
from sweepbox.tuning.report.model.report import to_json
from sweepbox.tuning.report.sections import report_sections
from sweepbox.tuning.report.thinning import thinned
from sweepbox.tuning.storage.remote.place import place_of
from sweepbox.tuning.sweep.state import SweepState


def own_page(state: SweepState) -> Path:
    """Return the page of a sweep: in its folder, or of a sweep on a URI in the working directory."""
    folder = state.folder
    return folder.page if place_of(folder.path) is None else Path(f"{state.spec.name}-{folder.page.name}")


def write_page(state: SweepState, path: Path) -> None:
    """Write the page, whole, as one file that loads nothing from elsewhere.

    Args:
        state: The sweep, running or not.
        path: The file.
    """
    model = thinned(report_model(state, report_sections(state)))
    write_text(path, page(to_json(model), live=False))
