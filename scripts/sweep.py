"""`sweepbox sweep`: search for the best settings in parallel trials."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

import typer

from sweepbox.scripts import sweep_options as options
from sweepbox.scripts.cli import EXIT_INTERRUPTED, command_line, fail_at_once, output_console, run

if TYPE_CHECKING:
    from rich.console import Console

    from sweepbox.tuning.ray_backend.launch import RayConfig, SweepOutcome
    from sweepbox.tuning.storage.folder import SweepFolder
    from sweepbox.tuning.sweep.create import SweepRequest


def command(
    spec: options.Spec,
    data: options.Data = None,
    out: options.Out = None,
    trials: options.Trials = None,
    time_budget: options.TimeBudget = None,
    *,
    gpu_hours: options.GpuHours = None,
    cost_limit: options.CostLimit = None,
    confirm: options.Confirm = None,
    test_fraction: options.TestFraction = None,
    address: options.Address = None,
    resume: options.Resume = False,
    take_over: options.TakeOver = False,
    dry_run: options.DryRun = False,
    log_images: options.LogImages = None,
    dashboard: options.Dashboard = False,
) -> None:
    """Search for the best settings in parallel trials.

    Everything is kept in one folder: configs, metrics, the best checkpoints, results.parquet, winner.json,
    report.html, report.md and an Optuna study. Ctrl-C lets the trials save their state and ends the sweep;
    --resume continues it, with other limits if given: --trials, --time-budget, --gpu-hours, --cost-limit,
    --confirm.
    --dry-run checks everything, times a few steps on the cluster, prints what the sweep will take, and leaves
    nothing. docs/winner.md explains how --confirm chooses the winner.
    """
    from sweepbox.scripts.dashboard_beside import dashboard_beside
    from sweepbox.tuning.ray_backend.launch import RayConfig
    from sweepbox.tuning.ray_backend.watch import RayDeathError
    from sweepbox.tuning.spec.confirm import ConfirmSpec
    from sweepbox.tuning.sweep.create import SweepRequest

    console = output_console()
    request = SweepRequest(
        spec,
        data=data,
        out=out,
        trials=trials,
        time_budget=time_budget,
        gpu_hours=gpu_hours,
        cost_limit=cost_limit,
        confirm=None if confirm is None else ConfirmSpec.parse(confirm),
        test_fraction=test_fraction,
        log_images=log_images,
        runs_here=address is None,
    )
    if dry_run:
        _forecast(request, RayConfig(address=address), console, resume=resume)
        return
    try:
        with (
            _begun(request, console, resume=resume, take_over=take_over) as folder,
            dashboard_beside(folder.path, partial(_say, console=console)) if dashboard else nullcontext(),
        ):
            outcome = _run(folder, RayConfig(address=address), console, resume=resume)
    except RayDeathError as error:
        fail_at_once(str(error))
    _tell(outcome, console)
    if outcome.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)


def _forecast(request: "SweepRequest", ray_config: "RayConfig", console: "Console", *, resume: bool) -> None:
    """Print what the sweep will take."""
    from sweepbox.detection.core.errors import UsageError
    from sweepbox.scripts.dry_run_table import print_dry_run
    from sweepbox.scripts.progress import progress_bar
    from sweepbox.tuning.ray_backend.dry_run import dry_run

    if resume:
        raise UsageError("--dry-run is for a new sweep, and --resume for one that is there; leave one out")
    with progress_bar("preparing the data") as on_progress:
        found = dry_run(
            request, ray_config=ray_config, on_progress=on_progress, notify=lambda line: _say(line, console)
        )
    print_dry_run(found, console)


@contextmanager
def _begun(
    request: "SweepRequest", console: "Console", *, resume: bool, take_over: bool
) -> Iterator["SweepFolder"]:
    """Make the sweep's folder or find it, and hold it in the block."""
    from sweepbox.scripts.progress import progress_bar
    from sweepbox.tuning.sweep.begin import begun_sweep

    with ExitStack() as stack:
        with progress_bar("preparing the data") if not resume else nullcontext() as on_progress:
            begun = begun_sweep(
                request,
                resume=resume,
                take_over=take_over,
                on_progress=on_progress,
                notify=lambda line: _say(line, console),
            )
            folder = stack.enter_context(begun)
        yield folder


def _run(folder: "SweepFolder", ray_config: "RayConfig", console: "Console", *, resume: bool) -> "SweepOutcome":
    """Run the trials with a live table, or a line for each event if the output is no terminal."""
    from sweepbox.tuning.monitor.terminal import EventLines, LiveTable
    from sweepbox.tuning.ray_backend.launch import run_sweep
    from sweepbox.tuning.search.samplers.modelled import drawn_at_random
    from sweepbox.tuning.search.space import Space
    from sweepbox.tuning.spec.file import load_spec
    from sweepbox.tuning.sweep.reader import load_sweep

    def say(text: str) -> None:
        _say(text, console)

    say(f"sweep in {folder.address}; `{command_line('status', folder.address)}` shows its state")
    spec = load_spec(folder.spec)
    if at_random := drawn_at_random(spec.sampler, Space.of(spec)):
        say(at_random)
    before = load_sweep(folder.path) if resume else None
    with LiveTable(console) if console.is_terminal else EventLines(say, before=before) as listener:
        return run_sweep(folder, ray_config=ray_config, listener=listener, notify=say, is_held=True)


def _export_command(folder: "SweepFolder") -> str:
    """Return the command that exports the winner; the export of a sweep on a URI comes to this machine."""
    address = folder.address
    return command_line("export", address, "export" if address != str(folder.path) else folder.path / "export")


def _say(text: str, console: "Console") -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def _tell(outcome: "SweepOutcome", console: "Console") -> None:
    """Print the result of the sweep and the next commands."""
    from sweepbox.tuning.monitor.terminal import sweep_summary, sweep_table
    from sweepbox.tuning.sweep.reader import load_sweep
    from sweepbox.tuning.sweep.winner_text import verdict_of

    state = outcome.state
    path = state.folder.path
    console.print(sweep_table(state))
    console.print(sweep_summary(state), highlight=False, markup=False)
    lines = []
    if outcome.stopped_by is not None:
        again = state.folder.resume_command
        lines.append(f"ended by {outcome.stopped_by}; to resume, with other limits if reached: {again}")
    verdict = verdict_of(load_sweep(path).winner)
    if verdict is not None:
        lines.append(f"verdict: {verdict}")
    if state.best is not None:
        lines.append(f"export the winner: {_export_command(state.folder)}")
    report = state.folder.page if state.folder.page.is_file() else state.folder.report
    lines.append(f"report: {report.resolve().as_uri()}")
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


if __name__ == "__main__":
    run(command)
