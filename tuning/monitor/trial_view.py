"""One trial of a sweep in full, in a terminal."""

import time
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sweepbox.detection.core.regular_files import read_end
from sweepbox.tuning.spec.durations import format_duration
from sweepbox.tuning.storage.trial_record import Evaluation
from sweepbox.tuning.sweep.formatting import origin_text, value_text
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.trial_result import TrialResult

LOSS, CLASS_PREFIX = "loss/total", "AP@.50/"
FIRST_COLUMNS = ("evaluation", "step", "seconds", "images/s")

LONGEST_TRACEBACK = 100_000
"""How many bytes of a traceback, its last ones, are shown."""


def trial_view(state: SweepState, trial_id: str) -> Group:
    """Return what is known of one trial: facts, changes of the base config, evaluations, and its error.

    SweepError where the sweep has no such trial.
    """
    trial = state.trial(trial_id)
    parts: list[RenderableType] = [_facts(state, trial)]
    if trial.changes:
        parts += ["", _changes(trial)]
    if trial.evaluations:
        parts += ["", _evaluations(state, trial)]
    if trial.status.error is not None:
        traceback = state.folder.trial(trial.id).traceback
        whole = read_end(traceback, LONGEST_TRACEBACK).rstrip() if traceback.is_file() else trial.status.error
        parts += ["", Text(whole, "red")]
    return Group(*parts)


def _facts(state: SweepState, trial: TrialResult) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, value in _named_facts(state, trial):
        table.add_row(Text(name, "bold"), Text(value, overflow="fold"))
    return table


def _named_facts(state: SweepState, trial: TrialResult) -> Iterator[tuple[str, str]]:
    """Yield what is known of the trial as a whole, by name."""
    status = trial.status
    is_best = state.best is not None and state.best.trial == trial.id
    yield "trial", trial.id + (", the best of the sweep" if is_best else "")
    by_request = " by request" if status.stopped_by_request else ""
    same = f", equal to trial {status.duplicate_of}" if status.duplicate_of else ""
    yield "state", trial.state.replace("_", " ") + by_request + same
    yield "origin", origin_text(trial)
    if status.replaces is not None:
        yield "replaces", f"trial {status.replaces}"
    if status.parameters:
        yield "parameters", ", ".join(f"{name}={value_text(v)}" for name, v in status.parameters.items())
    yield "training", f"step {status.step} of {status.total_steps}, seed {status.seed}"
    if status.initial_weights:
        yield "weights", status.initial_weights
    if trial.best is not None:
        value = state.objective.value(trial.best.metrics)
        yield "best", f"{state.objective.metric} {value:.4f} at evaluation {trial.best.evaluation}"
    yield "time", _time_text(trial)
    if status.host is not None:
        yield "machine", status.host + (f", GPU {status.gpus}" if status.gpu_seconds else "")
    yield "folder", str(state.folder.trial(trial.id).path)


def _time_text(trial: TrialResult) -> str:
    """Return how long the trial has trained, since when, and in how many processes."""
    status = trial.status
    text = format_duration(trial.seconds)
    if status.started is not None:
        text += f" since {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(status.started))}"
    return text + (f", in {status.attempts} processes" if status.attempts > 1 else "")


def _changes(trial: TrialResult) -> Table:
    table = Table("field", "base", "trial", box=None, pad_edge=False, header_style="bold")
    for change in trial.changes:
        cells = (change.path, value_text(change.before), value_text(change.after))
        table.add_row(*(Text(cell, overflow="fold") for cell in cells))
    return table


def _evaluations(state: SweepState, trial: TrialResult) -> Table:
    """Return the evaluations with the objective, each class' AP at IoU 0.5 and the loss, the best in green."""
    found = {name for item in trial.evaluations for name in item.metrics}
    classes = sorted(name for name in found if name.startswith(CLASS_PREFIX))
    wanted = dict.fromkeys((state.objective.metric, *classes, LOSS))
    shown = [name for name in wanted if name in found]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in (*FIRST_COLUMNS, *shown):
        table.add_column(Text(name), justify="right")
    for item in trial.evaluations:
        is_best = trial.best is not None and item.evaluation == trial.best.evaluation
        table.add_row(*_cells(item, shown), style="green" if is_best else "")
    return table


def _cells(item: Evaluation, names: list[str]) -> list[str]:
    speed = "" if item.images_per_s is None else f"{item.images_per_s:.1f}"
    metrics = [f"{item.metrics[name]:.4f}" if name in item.metrics else "" for name in names]
    return [str(item.evaluation), str(item.step), f"{item.seconds:.1f}", speed, *metrics]
