"""`sweepbox status`: show the state of a sweep or of one of its trials."""

import json
from typing import Annotated

import typer

from sweepbox.scripts.cli import output_console, run
from sweepbox.scripts.sweep_path import SweepPath


def command(
    sweep: SweepPath,
    trial: Annotated[
        str | None, typer.Argument(help="A trial, such as 0004, to be shown in full.", show_default=False)
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Show the state of a sweep: while it runs, after it, or after a crash; or one of its trials in full."""
    from sweepbox.tuning.monitor.terminal import sweep_summary, sweep_table
    from sweepbox.tuning.monitor.trial_view import trial_view
    from sweepbox.tuning.sweep.reader import load_sweep
    from sweepbox.tuning.sweep.share_lines import share_lines
    from sweepbox.tuning.sweep.winner_text import evidence_texts

    state = load_sweep(sweep)
    if as_json:
        from sweepbox.tuning.report.build import report_model
        from sweepbox.tuning.report.model.report import to_json

        told = to_json(report_model(state)) if trial is None else state.trial(trial).to_full_json()
        typer.echo(json.dumps(told, indent=2, allow_nan=False))
        return
    console = output_console()
    if trial is not None:
        console.print(trial_view(state, trial))
        return
    console.print(sweep_table(state))
    console.print(sweep_summary(state), highlight=False, markup=False, soft_wrap=True)
    for text in share_lines(state):
        console.print(text, highlight=False, markup=False, soft_wrap=True)
    for text in () if state.running or state.winner is None else evidence_texts(state.winner):
        console.print(text, highlight=False, markup=False, soft_wrap=True)
    if state.ended_by is not None:
        console.print(f"ended by {state.ended_by}", highlight=False, markup=False, soft_wrap=True)
    if not state.running and not state.is_complete:
        note = f"not running; to resume: {state.folder.resume_command}"
        console.print(note, highlight=False, markup=False, soft_wrap=True)


if __name__ == "__main__":
    run(command)
