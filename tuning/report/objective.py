"""What a report says of the objective: the Pareto front, constraints, the gain over the base config, costs."""

from sweepbox.tuning.report.markdown_text import plain, table
from sweepbox.tuning.storage.latency import read_latencies
from sweepbox.tuning.storage.trial_record import Origin
from sweepbox.tuning.sweep.best import Best
from sweepbox.tuning.sweep.formatting import settings_text, value_text
from sweepbox.tuning.sweep.state import SweepState


def front_lines(state: SweepState) -> list[str]:
    """Return the section on the Pareto front; nothing with one goal."""
    goals = [goal.label for goal in state.objective.goals]
    if len(goals) == 1 or state.best is None:
        return []
    if not state.front:
        return ["## Pareto front", "", "It is empty: no checkpoint meets all constraints.", ""]
    rows = (
        [
            plain(point.trial),
            str(point.evaluation),
            *(value_text(point.values[goal]) for goal in goals),
            plain(settings_text(state.trial(point.trial))),
        ]
        for point in state.front
    )
    return [
        "## Pareto front",
        "",
        "No other checkpoint is better in one goal without being worse in another.",
        "",
        *table(["trial", "evaluation", *map(plain, goals), "settings"], rows),
        "",
    ]


def constraint_lines(state: SweepState, best: Best) -> list[str]:
    """Return a table of the constraints, and whether the winner meets them; nothing where there is none."""
    if not state.objective.constraints:
        return []
    slacks = state.objective.slacks(best.metrics)
    rows = (
        [
            plain(str(item)),
            value_text(best.metrics[item.metric]),
            "no" if slacks[str(item)] > 0 else "yes",
        ]
        for item in state.objective.constraints
    )
    return [*table(["constraint", "winner", "met"], rows), ""]


def base_lines(state: SweepState, best: Best) -> list[str]:
    """Return one line that compares the winner with the base config; nothing where this was not evaluated."""
    base = next((trial for trial in state.trials if trial.status.origin is Origin.BASE), None)
    if base is None or base.best is None:
        return []
    if base.id == best.trial:
        return ["The winner is the base config: no trial is better.", ""]
    pairs = zip(state.objective.values(base.best.metrics).items(), best.values.values(), strict=True)
    compared = (
        f"{plain(label)} {value_text(before)} → {value_text(after)} ({after - before:+.4g})"
        for (label, before), after in pairs
    )
    broken = [text for text, slack in state.objective.slacks(base.best.metrics).items() if slack > 0]
    note = f"; it does not meet {plain(', '.join(broken))}" if broken else ""
    return [f"Against the base config (trial {base.id}{note}): {', '.join(compared)}.", ""]


def latency_lines(state: SweepState) -> list[str]:
    """Return one line on how latencies were measured; nothing where none was."""
    records = read_latencies(state.folder)
    if not records:
        return []
    devices = ", ".join(sorted({item.device for item in records}))
    busy = sum(not item.latency_idle for item in records)
    note = f"; {busy} of {len(records)} while trials ran, which makes them longer" if busy else ""
    return [f"Latencies (`latency/`) were measured on {plain(devices)}{note}.", ""]
