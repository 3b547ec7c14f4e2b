"""The report of a running sweep, again and again, and the server that shows it."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweepbox.detection.core.errors import SweepboxError
from sweepbox.tuning.monitor.dashboard.pages import LINKS
from sweepbox.tuning.monitor.dashboard.server import DashboardServer
from sweepbox.tuning.report.build import NOTHING, report_model
from sweepbox.tuning.report.html.page import page
from sweepbox.tuning.report.model.report import to_json
from sweepbox.tuning.report.model.sections import ReportSections
from sweepbox.tuning.report.sections import report_sections
from sweepbox.tuning.report.thinning import thinned
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.opening import open_sweep
from sweepbox.tuning.sweep.state import SweepState

_log = logging.getLogger(__name__)

SECTIONS_S = 30.0
"""The slow sections of a report are computed once in this time at most."""


@dataclass
class _Sections:
    """The slow sections of a sweep and what they were computed from."""

    found: ReportSections = NOTHING
    known: object = None
    next_at: float = -float("inf")


class LiveReports:
    """Returns the model of a sweep's report in milliseconds; a thread computes the slow sections meanwhile.

    They are computed again when trials have ended since. `revision` rises when there are newer ones.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.revision = 0
        self._clock = clock
        self._lock = threading.Lock()
        self._sections: dict[Path, _Sections] = {}
        self._is_busy = False

    def __call__(self, state: SweepState) -> Mapping[str, Any]:
        """Return the model as plain values."""
        with self._lock:
            kept = self._sections.setdefault(state.folder.path, _Sections())
            known = _ended(state)
            if kept.known != known and not self._is_busy and self._clock() >= kept.next_at:
                self._is_busy, kept.known = True, known
                work = threading.Thread(
                    target=self._compute, args=(state, kept), name="report-sections", daemon=True
                )
                work.start()
            sections = kept.found
        return to_json(thinned(report_model(state, sections)))

    def _compute(self, state: SweepState, kept: _Sections) -> None:
        found = None
        try:
            found = report_sections(state)
        except (OSError, SweepboxError, ValueError) as error:  # files that change meanwhile
            _log.info("%s: no sections of the report: %s", state.folder.path, error)
        with self._lock:
            self._is_busy = False
            kept.next_at = self._clock() + SECTIONS_S
            if found is not None:
                kept.found = found
            self.revision += 1


def dashboard_of(paths: Sequence[Path], *, host: str, port: int) -> DashboardServer:
    """Return a server for sweeps, to be used in a `with` block.

    Raises:
        SweepError: There is no sweep in a folder. One that is damaged is shown as such.
        UsageError: It cannot listen at this address.
    """
    for path in paths:
        try:
            open_sweep(path)
        except SweepboxError:
            if not SweepFolder(path).exists:
                raise
    return DashboardServer(paths, model=LiveReports(), page=_live_page, host=host, port=port)


def _live_page(model: Mapping[str, Any]) -> str:
    return page(model, live=True, links=LINKS)


def _ended(state: SweepState) -> object:
    """Return what the slow sections depend on."""
    winner = None if state.winner is None else state.winner.content
    try:
        examined = state.folder.detector.stat().st_mtime_ns
    except OSError:
        examined = None
    return [trial.id for trial in state.trials if trial.state.has_ended], winner, examined
