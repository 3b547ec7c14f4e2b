"""The lines of a report on choices that were left out before training."""

from sweepbox.tuning.report.markdown_text import plain
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.pruned_file import read_pruned


def pruned_lines(folder: SweepFolder) -> list[str]:
    """Return a list of the choices that cannot match the data; no line where there are none."""
    choices = read_pruned(folder)
    if not choices:
        return []
    lines = [f"* {plain(str(choice))}" for choice in choices]
    return ["Choices of the sweep file that cannot match the data:", "", *lines, ""]
