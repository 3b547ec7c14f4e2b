"""What `sweepbox sweep --dry-run` prints: the times of each program, and the forecast of the sweep."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sweepbox.tuning.spec.durations import format_duration
from sweepbox.tuning.spec.sizes import format_size

if TYPE_CHECKING:
    from sweepbox.tuning.ray_backend.dry_run import DryRun

GIGABYTE = 1e9


def print_dry_run(run: "DryRun", console: Console) -> None:
    """Print what a dry run has found."""
    console.print(_programs(run))
    if run.other_programs:
        more = f"the space has at least {run.other_programs} more programs, which were not timed"
        console.print(more, highlight=False, markup=False)
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, text in _forecast(run):
        table.add_row(name, Text(text))
    console.print(table)
    console.print("no sweep was started, and nothing is left of this", highlight=False, markup=False)


def _programs(run: "DryRun") -> Table:
    table = Table("program", box=None, pad_edge=False, header_style="bold")
    for name in ("compile", "step", "evaluation", "full trial", "memory"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, measured in run.programs.items():
        about = "" if measured.is_whole_evaluation else "about "
        table.add_row(
            Text(name),
            format_duration(measured.compile_s),
            f"{measured.step_s:.3g} s",
            f"{about}{measured.evaluation_s:.3g} s",
            format_duration(measured.trial_s(steps=run.steps, evaluations=run.evaluations)),
            "" if measured.memory is None else format_size(measured.memory.device_bytes),
        )
    return table


def _forecast(run: "DryRun") -> Iterator[tuple[str, str]]:
    from sweepbox.tuning.budget.rehearsal import most_confirmations

    forecast, spec = run.forecast, run.spec
    rule = spec.scheduler.type
    yield "trials", f"{spec.trials} of {run.steps} steps with {run.evaluations} evaluations"
    if confirming := most_confirmations(spec):
        yield "confirmation", f"at most {confirming} more trials, and the evaluation of the finalists"
    yield "at a time", f"{forecast.num_workers} ({run.copies} in the warm-up)"
    share = spec.resources_per_trial
    yield "share of a trial", share.text + (", measured" if share.auto else "")
    yield "time per trial", f"{format_duration(forecast.trial_s)} if it runs to its end"
    full = f" with the rule {rule}; {format_duration(forecast.full_wall_s)} if all run to their end"
    yield "wall time", format_duration(forecast.wall_s) + ("" if rule == "none" else full)
    if spec.resources_per_trial.gpu:
        yield "GPU-hours", _with_limit(forecast.amount.gpu_hours, spec.gpu_hours)
    if forecast.amount.cost is not None and spec.cost is not None:
        yield "cost", _with_limit(forecast.amount.cost, spec.cost.limit)
    checkpoints, data = forecast.disk_bytes / GIGABYTE, run.data_bytes / GIGABYTE
    yield "disk", f"{checkpoints:.2g} GB for checkpoints, {data:.2g} GB for records and decoded images"
    if forecast.ends_by is not None:
        yield "ends by", f"{forecast.ends_by}, before all trials have ended"


def _with_limit(amount: float, limit: float | None) -> str:
    return f"{amount:.2f}" + ("" if limit is None else f" (limit {limit:g})")
