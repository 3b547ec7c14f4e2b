"""`sweepbox add`: have a sweep try settings of your choice."""

from typing import Annotated

import typer

from sweepbox.scripts.cli import output_console, run
from sweepbox.scripts.sweep_path import SweepPath


def command(
    sweep: SweepPath,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="A setting; may be given several times."),
    ] = None,
) -> None:
    """Have a sweep try settings of your choice, from any machine that sees the folder.

    They are checked at once, and run before further suggestions, in addition to the sweep's number of trials.
    All other settings are the base config's. A sweep that does not run takes them when it is resumed.
    """
    from sweepbox.detection.config.edits import parse_edit
    from sweepbox.tuning.storage.folder import SweepFolder
    from sweepbox.tuning.sweep.steer import add_point

    request = add_point(sweep, [parse_edit(text) for text in set_ or ()])
    shown = ", ".join(f"{key} = {value}" for key, value in request.point.items())
    folder = SweepFolder(sweep)
    line = f"added: {shown}"
    if not folder.is_running():
        line += f"; where no machine runs the sweep, it is tried with {folder.resume_command}"
    output_console().print(line, highlight=False, markup=False, soft_wrap=True)


if __name__ == "__main__":
    run(command)
