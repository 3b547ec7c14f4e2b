"""Begins a server for the folders that a person names."""

from collections.abc import Sequence
from pathlib import Path

from sweepbox.detection.core.errors import SweepboxError
from sweepbox.tuning.monitor.dashboard.plain_page import plain_page
from sweepbox.tuning.monitor.dashboard.server import DashboardServer
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.opening import open_sweep
from sweepbox.tuning.sweep.state import SweepState


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
    return DashboardServer(paths, model=SweepState.to_json, page=plain_page, host=host, port=port)
