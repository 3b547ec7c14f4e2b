"""`sweepbox report`: write the report of a sweep as a web page."""

from pathlib import Path
from typing import Annotated

import typer

from sweepbox.scripts.cli import output_console, run
from sweepbox.scripts.sweep_path import SweepPath


def command(
    sweep: SweepPath,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file to write. By default report.html in the sweep's folder, or here for a URI."
        ),
    ] = None,
    no_detector: Annotated[
        bool,
        typer.Option("--no-detector", help="Do not examine the winner's detections where that is left to do."),
    ] = False,
) -> None:
    """Write the report of a sweep as one HTML file, while it runs, after it, or after a crash.

    The file needs no network and can be sent to others. docs/report.md explains what it shows. The winner's
    detections on the validation part are examined once, which takes as long as an evaluation and needs the
    sweep's records.
    """
    from sweepbox.scripts.progress import progress_bar
    from sweepbox.tuning.report.detector.on_demand import examine_if_missing
    from sweepbox.tuning.report.html.write import own_page, write_page
    from sweepbox.tuning.sweep.reader import load_sweep

    state = load_sweep(sweep)
    if not no_detector:
        with progress_bar("examining the winner's detections") as on_progress:
            note = examine_if_missing(state, on_progress=on_progress)
        if note is not None:
            typer.echo(note, err=True)
    path = out or own_page(state)
    write_page(state, path)
    output_console().print(f"report: {path}", highlight=False, markup=False, soft_wrap=True)


if __name__ == "__main__":
    run(command)
