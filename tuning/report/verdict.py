"""The winner of a sweep, and what it is worth, in the model of its report."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sweepbox.detection.config.label_map import load_label_map
from sweepbox.tuning.objective.goal import Mode
from sweepbox.tuning.report.model.sections import PairedModel
from sweepbox.tuning.report.model.verdict import (
    AgainstBaseModel,
    ClassModel,
    CommandModel,
    ConstraintModel,
    VerdictModel,
)
from sweepbox.tuning.storage.trial_record import Origin
from sweepbox.tuning.sweep.best import Best
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.trial_result import TrialResult
from sweepbox.tuning.sweep.winner_text import evidence_texts


def verdict_of_sweep(state: SweepState, paired: Sequence[PairedModel]) -> VerdictModel | None:
    """Return the winner, or the best trial so far; None before the first evaluation.

    Args:
        state: The sweep.
        paired: The paired comparisons of trials that are known.
    """
    best = state.shown_winner
    if best is None:
        return None
    record = state.winner if state.winner is not None and state.winner.trial == best.trial else None
    content: Mapping[str, Any] = {} if record is None else record.content
    validation, confirmation = content.get("validation") or {}, content.get("confirmation")
    base = _base_trial(state)
    trial = state.trial(best.trial)
    return VerdictModel(
        trial=best.trial,
        evaluation=best.evaluation,
        step=best.step,
        metric=best.metric,
        value=best.value,
        interval=_pair(content.get("interval")),
        mean=validation.get("mean"),
        sd=validation.get("sd"),
        folds=None if confirmation is None else confirmation.get("folds"),
        test=content.get("test"),
        is_confirmed=confirmation is not None,
        text=() if record is None else tuple(evidence_texts(record)),
        against_base=_against_base(state, best, base, content, paired),
        is_base=_is_base(trial, base),
        changes=tuple(
            {"path": change.path, "before": change.before, "after": change.after} for change in trial.changes
        ),
        classes=_classes(state, best.metrics, base),
        constraints=_constraints(state, best),
    )


def commands_of(state: SweepState) -> tuple[CommandModel, ...]:
    """Return the commands to run next: to resume the sweep, or to export the winner and use it."""
    return tuple(_commands(state))


def _commands(state: SweepState) -> Iterator[CommandModel]:
    path = state.folder.path
    if state.running:
        yield CommandModel("Stop the sweep; it can be resumed", _line("stop", path))
    elif not state.is_complete:
        yield CommandModel("Resume the sweep", state.folder.resume_command)
    if state.best is None:
        return
    yield CommandModel("Export the winner as a SavedModel", _line("export", path, path / "export"))
    yield CommandModel(
        "Detect objects in your images", _line("detect", path / "export", "IMAGES", "--out", "found")
    )
    yield CommandModel(
        "Measure it on other annotated images", _line("evaluate", path / "export", "PHOTOGRAPHS")
    )


def _line(*arguments: object) -> str:
    return shlex.join(["sweepbox", *map(str, arguments)])


def _base_trial(state: SweepState) -> TrialResult | None:
    """Return the search's trial of the base config, None where it has none that was evaluated."""
    return next(
        (trial for trial in state.trials if trial.status.origin is Origin.BASE and trial.best is not None), None
    )


def _is_base(trial: TrialResult, base: TrialResult | None) -> bool:
    return trial.status.origin is Origin.BASE or (
        base is not None and trial.status.fingerprint == base.status.fingerprint
    )


def _against_base(
    state: SweepState,
    best: Best,
    base: TrialResult | None,
    content: Mapping[str, Any],
    paired: Sequence[PairedModel],
) -> AgainstBaseModel | None:
    """Return the comparison of `winner.json`, or else that of the two best evaluations."""
    recorded = content.get("against_base") or {}
    for part in ("test", "validation"):
        if found := recorded.get(part):
            value = None
            if part == "validation" and base is not None and base.id == recorded["base"] and base.best:
                value = state.objective.value(base.best.metrics)
            return AgainstBaseModel(
                str(recorded["base"]), value, found["difference"], _pair(found["interval"]), part
            )
    if base is None or base.best is None or _is_base(state.trial(best.trial), base):
        return None
    sign = -1.0 if state.objective.mode is Mode.MIN else 1.0
    value = state.objective.value(base.best.metrics)
    interval = _paired_interval(paired, best.trial, base.id, best.metric)
    return AgainstBaseModel(base.id, value, sign * (best.value - value), interval, "validation")


def _paired_interval(
    paired: Sequence[PairedModel], first: str, second: str, metric: str
) -> tuple[float, float] | None:
    """Return the interval of first minus second of a metric that is maximised, where it is known."""
    for item in paired:
        found = item.metrics.get(metric)
        if found is not None and (item.first, item.second) == (first, second):
            return found["low"], found["high"]
        if found is not None and (item.first, item.second) == (second, first):
            return -found["high"], -found["low"]
    return None


def _classes(
    state: SweepState, metrics: Mapping[str, float], base: TrialResult | None
) -> tuple[ClassModel, ...]:
    base_metrics: Mapping[str, float] = base.best.metrics if base is not None and base.best is not None else {}
    names = load_label_map(state.folder.label_map).names
    return tuple(
        ClassModel(
            name,
            metrics.get(f"AP/{name}"),
            metrics.get(f"AP@.50/{name}"),
            base_metrics.get(f"AP/{name}"),
            base_metrics.get(f"AP@.50/{name}"),
        )
        for name in names
        if f"AP/{name}" in metrics
    )


def _constraints(state: SweepState, best: Best) -> tuple[ConstraintModel, ...]:
    slacks = state.objective.slacks(best.metrics)
    return tuple(
        ConstraintModel(str(item), best.metrics.get(item.metric), slacks[str(item)] <= 0)
        for item in state.objective.constraints
    )


def _pair(values: Sequence[float] | None) -> tuple[float, float] | None:
    return None if values is None else (values[0], values[1])
