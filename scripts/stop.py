"""`sweepbox stop`: stop a running sweep, or end one of its trials early."""

from typing import Annotated

import typer

from sweepbox.scripts.cli import command_line, output_console, run
from sweepbox.scripts.sweep_path import SweepPath


def command(
    sweep: SweepPath,
    trial: Annotated[str | None, typer.Argument(help="A trial, such as 0004; by default all.")] = None,
) -> None:
    """Stop a running sweep, or end one of its trials early, from any machine that sees the folder.

    Trials of a stopped sweep save their state, and --resume continues it. A trial that is ended early keeps its
    results and is not continued; one that does not run ends when its turn comes.
    """
    from sweepbox.tuning.sweep.steer import stop_sweep, stop_trial

    if trial is None:
        folder = stop_sweep(sweep)
        line = f"asked to stop; to resume it afterwards: {folder.resume_command}"
    else:
        folder = stop_trial(sweep, trial)
        line = (
            f"trial {trial} is asked to end early; `{command_line('status', folder.address)}` shows its state"
        )
    output_console().print(line, highlight=False, markup=False, soft_wrap=True)


if __name__ == "__main__":
    run(command)
