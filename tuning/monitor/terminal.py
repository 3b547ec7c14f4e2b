"""A sweep in a terminal: a live table, or a line for each event where the output is no terminal."""

from collections.abc import Callable, Sequence
from typing import Self

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.spec.durations import format_duration
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.formatting import best_text, settings_and_source_text, spending_texts, value_text
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
RIGHT = range(3, 6)
"""The columns of figures: best, last and time."""
SUMMARISED = (
    TrialState.RUNNING,
    TrialState.PAUSED,
    TrialState.INTERRUPTED,
    TrialState.STOPPED_EARLY,
    TrialState.FAILED,
)


def sweep_table(state: SweepState, *, rows: int | None = None) -> Group:
    """Return the trials as a table; with `rows`, running trials and the best others, as many as fit.

    It is a text of lines, which `rich` draws in a fraction of the time of its tables.
    """
    metric = state.objective.metric
    shown = _rows_to_show(state, rows)
    lines = [
        ["trial", "state", "step", f"best {metric}", "last", "time", "settings"],
        *(_cells(trial, state.objective) for trial in shown),
    ]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    best = None if state.best is None else state.best.trial
    styles = ["bold green" if trial.id == best else STYLES[trial.state] for trial in shown]
    texts = [Text(_line(cells, widths), style) for cells, style in zip(lines, ["bold", *styles], strict=True)]
    # Within a group: alone, `rich` would print the text without its options.
    return Group(Text("\n", no_wrap=True, overflow="ellipsis").join(texts))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return a line of the table, figures to the right."""
    padded = (
        " " * (width - cell_len(cell)) + cell if column in RIGHT else cell + " " * (width - cell_len(cell))
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()


def sweep_summary(state: SweepState, *, time_left_s: float | None = None) -> str:
    """Return one line: how many trials are done, the best so far, what was spent, the time left."""
    parts = [f"{state.ended}/{state.planned} trials done"]
    for kind in SUMMARISED:
        if state.count(kind):
            parts.append(f"{state.count(kind)} {kind.replace('_', ' ')}")
    infeasible = sum(trial.status.infeasible is not None for trial in state.trials)
    parts += [f"{infeasible} infeasible"] if infeasible else []
    best = best_text(state)
    parts += [] if best is None else [best]
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
                self._write(f"trial {trial.id}: {settings_and_source_text(trial)}")
            if before is not None or trial.state.has_ended:
                self._tell(state, trial, before or (TrialState.PENDING, 0), time_left_s)

    def _tell(
        self, state: SweepState, trial: TrialResult, before: tuple[TrialState, int], time_left_s: float | None
    ) -> None:
        metric = state.objective.metric
        for item in trial.evaluations[before[1] :]:
            self._write(
                f"trial {trial.id}: step {item.step}/{trial.status.total_steps}, {metric} "
                f"{value_text(state.objective.value_or_none(item.metrics))}"
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


def _cells(trial: TrialResult, objective: Objective) -> list[str]:
    last = objective.value_or_none(trial.evaluations[-1].metrics) if trial.evaluations else None
    same = f" = {trial.status.duplicate_of}" if trial.status.duplicate_of else ""
    settings = str(trial.status.error) if trial.state is TrialState.FAILED else settings_and_source_text(trial)
    return [
        trial.id,
        trial.state.replace("_", " ") + same,
        f"{trial.status.step}/{trial.status.total_steps}",
        f"{objective.value(trial.best.metrics):.4f}" if trial.best else "",
        f"{last:.4f}" if last is not None else "",
        format_duration(trial.seconds),
        " ".join(settings.splitlines()),
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
