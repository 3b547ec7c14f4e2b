"""The report's part on what the winner is worth: intervals, test, verdict, and the finalists."""

from collections.abc import Mapping
from typing import Any

from sweepbox.tuning.report.markdown_text import plain, table
from sweepbox.tuning.sweep.formatting import value_text
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.winner_text import evidence_texts


def evidence_lines(state: SweepState) -> list[str]:
    """Return the sentences on the winner, and a table of the finalists where it was confirmed."""
    if state.winner is None:
        return []
    lines = [f"* {plain(text)}" for text in evidence_texts(state.winner)]
    confirmation = state.winner.confirmation
    if confirmation is None:
        return [*lines, ""] if lines else []
    metric = plain(state.objective.metric)
    header = [
        "finalist",
        f"{metric} (mean)",
        "deviation",
        "90 % interval",
        "test (mean)",
        "seeds",
        "parameters",
    ]
    rows = [_cells(entry) for entry in confirmation["finalists"]]
    failed = [
        f"* {plain(entry['name'])}, seed {entry['seed']}{_fold_text(entry)} (trial {plain(entry['trial'])}): "
        f"{plain(str(entry['error'] or entry['state']))}"
        for entry in confirmation["failed"]
    ]
    return [
        *lines,
        "",
        *table(header, rows),
        "",
        *_fold_lines(confirmation),
        *([*failed, ""] if failed else []),
    ]


def _fold_lines(confirmation: Mapping[str, Any]) -> list[str]:
    """Return a table of the cross-validations, a row for each seed of each finalist; nothing without folds."""
    count = confirmation.get("folds")
    if not count:
        return []
    rows = [
        [
            plain(entry["name"]),
            str(found["seed"]),
            value_text(found["value"]),
            *(f"{value_text(fold['validation'])} ({plain(fold['trial'])})" for fold in found["folds"]),
        ]
        for entry in confirmation["finalists"]
        for found in entry["folds"]
    ]
    header = ["finalist", "seed", "all folds", *(f"fold {number}" for number in range(1, count + 1))]
    return [*table(header, rows), ""]


def _fold_text(entry: Mapping[str, Any]) -> str:
    return "" if entry.get("fold") is None else f", fold {entry['fold']}"


def _cells(entry: Mapping[str, Any]) -> list[str]:
    interval, test = entry["interval"], entry["test"]
    return [
        plain(entry["name"]) + (" (base)" if entry["is_base"] else ""),
        value_text(entry["validation"]["mean"]),
        _known(entry["validation"]["sd"]),
        "" if interval is None else f"{interval[0]:.4g} to {interval[1]:.4g}",
        "" if test is None else value_text(test["mean"]),
        ", ".join(f"{item['seed']} ({plain(item['trial'])})" for item in entry["seeds"]),
        "" if entry["parameters"] is None else f"{entry['parameters']:,.0f}",
    ]


def _known(value: float | None) -> str:
    return "" if value is None else value_text(value)
