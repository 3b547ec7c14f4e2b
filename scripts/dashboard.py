"""`sweepbox dashboard`: watch sweeps in a browser."""

import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweepbox.scripts.cli import EXIT_INTERRUPTED, output_console, run
from sweepbox.scripts.sweep_path import sweep_path

if TYPE_CHECKING:
    from sweepbox.tuning.monitor.dashboard.server import DashboardServer

DEFAULT_PORT = 8265
LOOPBACK = "127.0.0.1"
NICENESS = 10
"""By how much the server gives way to other processes, such as trials."""


def command(
    sweeps: Annotated[
        list[Path],
        typer.Argument(
            help="The folders or URIs of one or several sweeps.", parser=sweep_path, metavar="SWEEPS..."
        ),
    ],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")] = DEFAULT_PORT,
    host: Annotated[
        str, typer.Option(help="The address to listen at. Beyond this machine the link has a token.")
    ] = LOOPBACK,
    *,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    beside: Annotated[bool, typer.Option("--beside", hidden=True)] = False,
) -> None:
    """Watch sweeps in a browser, while they run or afterwards: the report, TensorBoard and optuna-dashboard.

    The server only reads. Ctrl-C ends it. docs/dashboard.md explains the pages, and how to reach it from
    another machine.
    """
    os.nice(NICENESS)
    from sweepbox.tuning.storage.remote.reader import followed

    with followed(sweeps), _beside(sweeps) if beside else _server(sweeps, host, port) as server:
        output_console().print(server.link, highlight=False, markup=False, soft_wrap=True)
        sys.stdout.flush()
        if open_browser:
            typer.launch(server.link)
        try:
            if beside:
                sys.stdin.read()  # ends with the process of the sweep, however that ends
            else:
                threading.Event().wait()
        except KeyboardInterrupt:
            os._exit(EXIT_INTERRUPTED)  # at once: requests that are being answered have nothing to save


def _server(sweeps: Sequence[Path], host: str, port: int) -> "DashboardServer":
    from sweepbox.tuning.api.live_report import dashboard_of

    return dashboard_of(sweeps, host=host, port=port)


def _beside(sweeps: Sequence[Path]) -> "DashboardServer":
    """Return the server beside a sweep, at another port where the default one is taken."""
    from sweepbox.detection.core.errors import UsageError

    try:
        return _server(sweeps, LOOPBACK, DEFAULT_PORT)
    except UsageError:
        return _server(sweeps, LOOPBACK, 0)


if __name__ == "__main__":
    run(command)
