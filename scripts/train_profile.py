"""What `sweepbox train --profile` prints at the end."""

from rich.console import Console
from rich.table import Table

from sweepbox.detection.runner.profile import ProfileReport


def print_profile(console: Console, report: ProfileReport) -> None:
    """Print where a step's time went, and where the traces are."""
    table = Table("phase", title="Where the time of a step goes", title_justify="left")
    for column in ("ms each", "measured", "ms per step", "share"):
        table.add_column(column, justify="right")
    for phase in report.phases:
        table.add_row(
            phase.phase,
            _milliseconds(phase.seconds),
            str(phase.count),
            _milliseconds(phase.per_step_s),
            f"{report.share(phase):.1%}",
        )
    table.add_section()
    table.add_row("all", "", "", _milliseconds(sum(phase.per_step_s for phase in report.phases)), "")
    console.print(table)
    if report.single_program_step_s is not None:
        whole = _milliseconds(report.single_program_step_s)
        line = f"input, forward, backward and update in one program: {whole} ms a step"
        console.print(line, highlight=False, soft_wrap=True)
    curves = report.trace.parents[1] / "tensorboard"
    line = f"traces: {report.trace} (open it in https://ui.perfetto.dev), tensorboard --logdir {curves}"
    console.print(line, highlight=False, soft_wrap=True)


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.1f}"
