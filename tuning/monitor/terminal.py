"""A sweep in a terminal: a live table, or a line for each event where the output is no terminal."""

from collections.abc import Callable
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from sweepbox.tuning.spec.durations import format_duration
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.formatting import settings_text, spending_texts, value_text
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.trial_result import TrialResult

STYLES = {
    TrialState.PENDING: "dim",
    TrialState.RUNNING: "cyan",
    TrialState.PAUSED: "blue",
    TrialState.STOPPED_EARLY: "yellow",
    TrialState.FINISHED: "green",
    TrialState.FAILED: "red",
    TrialState.INTERRUPTED: "magenta",
}
SUMMARISED = (
    TrialState.RUNNING,
    TrialState.PAUSED,
    TrialState.INTERRUPTED,
    TrialState.STOPPED_EARLY,
    TrialState.FAILED,
)


def sweep_table(state: SweepState, *, rows: int | None = None) -> Table:
    """Return the trials as a table; with `rows`, running trials and the best others, as many as fit."""
    metric = state.objective.metric
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("trial", "state", "step"):
        table.add_column(name, no_wrap=True)
    for name in (f"best {metric}", "last", "time"):
        table.add_column(Text(name), no_wrap=True, justify="right")
    table.add_column("settings", overflow="ellipsis")
    for trial in _rows_to_show(state, rows):
        style = "bold green" if state.best and trial.id == state.best.trial else STYLES[trial.state]
        table.add_row(*_cells(trial, metric), style=style)
    return table


def sweep_summary(state: SweepState, *, time_left_s: float | None = None) -> str:
    """Return one line: how many trials are done, the best so far, what was spent, the time left."""
    parts = [f"{state.ended}/{max(state.spec.trials, len(state.trials))} trials done"]
    for kind in SUMMARISED:
        if state.count(kind):
            parts.append(f"{state.count(kind)} {kind.replace('_', ' ')}")
    if state.best is not None:
        note = "" if state.best.constraints_met else ", constraints not met"
        parts.append(f"best {state.best.metric} {state.best.value:.4f} (trial {state.best.trial}{note})")
    parts += spending_texts(state.spending)
    if time_left_s is not None:
        parts.append(f"about {format_duration(time_left_s)} left")
    return " · ".join(parts)


class LiveTable:
    """Keeps a table of the trials at the terminal's end."""

    def __init__(self, console: Console) -> None:
        """Take the terminal."""
        self._console = console
        self._live = Live(console=console, refresh_per_second=4, transient=True)

    def show(self, state: SweepState, time_left_s: float | None) -> None:
        """Draw the state of the sweep."""
        self._live.update(self._picture(state, time_left_s))

    def _picture(self, state: SweepState, time_left_s: float | None) -> RenderableType:
        table = sweep_table(state, rows=max(self._console.height - 6, 3))
        return Group(table, Text(sweep_summary(state, time_left_s=time_left_s), style="bold"))

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Remove the drawing."""
        self._live.stop()


class EventLines:
    """Prints a line for each thing that happens: for logs and pipes."""

    def __init__(self, write: Callable[[str], None], *, before: SweepState | None = None) -> None:
        """Take what writes a line; what the state `before` shows is not printed again."""
        self._write = write
        trials = () if before is None else before.trials
        self._seen = {trial.id: (trial.state, len(trial.evaluations)) for trial in trials}

    def show(self, state: SweepState, time_left_s: float | None) -> None:
        """Print what has happened since the last call."""
        for trial in state.trials:
            before = self._seen.get(trial.id)
            now = (trial.state, len(trial.evaluations))
            self._seen[trial.id] = now
            if before is None:
                self._write(f"trial {trial.id}: {settings_text(trial)}")
            if before is not None or trial.state.has_ended:
                self._tell(state, trial, before or (TrialState.PENDING, 0), time_left_s)

    def _tell(
        self, state: SweepState, trial: TrialResult, before: tuple[TrialState, int], time_left_s: float | None
    ) -> None:
        metric = state.objective.metric
        for item in trial.evaluations[before[1] :]:
            self._write(
                f"trial {trial.id}: step {item.step}/{trial.status.total_steps}, {metric} "
                f"{value_text(item.metrics.get(metric))}"
            )
        if trial.state is not before[0] and (trial.state.has_ended or trial.state is TrialState.PAUSED):
            reason = f": {trial.status.error}" if trial.status.error else ""
            same = f" (equals trial {trial.status.duplicate_of})" if trial.status.duplicate_of else ""
            word = trial.state.replace("_", " ")
            self._write(
                f"trial {trial.id}: {word}{same}{reason}; {sweep_summary(state, time_left_s=time_left_s)}"
            )

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *exception: object) -> None:
        """End."""


def _cells(trial: TrialResult, metric: str) -> list[RenderableType]:
    last = trial.evaluations[-1].metrics.get(metric) if trial.evaluations else None
    same = f" = {trial.status.duplicate_of}" if trial.status.duplicate_of else ""
    return [
        Text(trial.id),
        Text(trial.state.replace("_", " ") + same),
        f"{trial.status.step}/{trial.status.total_steps}",
        f"{trial.best.metrics[metric]:.4f}" if trial.best else "",
        f"{last:.4f}" if last is not None else "",
        format_duration(trial.seconds),
        Text(
            settings_text(trial) if trial.state is not TrialState.FAILED else str(trial.status.error),
            no_wrap=True,
            overflow="ellipsis",
        ),
    ]


def _rows_to_show(state: SweepState, rows: int | None) -> list[TrialResult]:
    """Return the trials to show, in their order; two rows have the winner, which constraints may decide."""
    if rows is None or len(state.trials) <= rows:
        return list(state.trials)
    sign = -1.0 if state.objective.mode == "min" else 1.0

    def weight(trial: TrialResult) -> tuple[bool, float]:
        value = state.objective.value(trial.best.metrics) if trial.best else float("-inf")
        is_active = not trial.state.has_ended and trial.state is not TrialState.PAUSED
        return is_active, sign * value if trial.best else value

    ranked = [trial.id for trial in sorted(state.trials, key=weight, reverse=True)]
    chosen = set(ranked[:rows])
    if rows > 1 and state.best is not None and state.best.trial not in chosen:
        chosen = {*ranked[: rows - 1], state.best.trial}
    return [trial for trial in state.trials if trial.id in chosen]
