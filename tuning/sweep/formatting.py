"""How values of trials are shown to people."""

from sweepbox.tuning.storage.trial_record import Origin
from sweepbox.tuning.sweep.spending import Spending
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.trial_result import TrialResult

MOST_POINTS = 4
"""How many points of a Pareto front a line names."""


def settings_text(trial: TrialResult) -> str:
    """Return the parameters that a trial was given, on one line; its changes of the base where it has none."""
    if trial.status.origin is Origin.BASE or (trial.status.is_confirmation and not trial.changes):
        return "the base config"
    changes = [(change.path, change.after) for change in trial.changes]
    given = [*trial.status.parameters.items()] or changes
    return ", ".join(f"{name}={value_text(value)}" for name, value in given)


def origin_text(trial: TrialResult) -> str:
    """Return why a trial exists, of which evaluation it is a copy, with which seed and fold it confirms one.

    Where its config changes in training, the number of its configs is named.
    """
    source = _source_text(trial)
    if trial.status.is_confirmation:
        segments, fold = len(trial.status.segments), trial.status.fold
        source = f"seed {trial.status.seed}" + (f", {fold}" if fold is not None else "")
        source += f", {segments} configs in turn" if segments else ""
    return f"{trial.status.origin} {source}" if source else str(trial.status.origin)


def settings_and_source_text(trial: TrialResult) -> str:
    """Return the parameters of a trial after the evaluation that it is a copy of, where it is one."""
    source, settings = _source_text(trial), settings_text(trial)
    return f"copied {source}: {settings}" if source else settings


def _source_text(trial: TrialResult) -> str:
    copied_from = trial.status.copied_from
    return "" if copied_from is None else f"from {copied_from.trial}, evaluation {copied_from.evaluation}"


def best_text(state: SweepState) -> str | None:
    """Return the best so far: one value, or with several goals the Pareto front; None before the first."""
    best = state.best
    if best is None:
        return None
    if not state.front:
        note = "" if best.constraints_met else ", constraints not met"
        return f"best {best.metric} {best.value:.4f} (trial {best.trial}{note})"
    points = [
        f"{point.trial} ({', '.join(f'{goal} {value_text(value)}' for goal, value in point.values.items())})"
        for point in state.front[:MOST_POINTS]
    ]
    more = len(state.front) - len(points)
    return f"Pareto front: {', '.join(points)}" + (f" and {more} more" if more else "")


def value_text(value: object) -> str:
    """Return a value as people read it: numbers with four digits."""
    return f"{value:.4g}" if isinstance(value, float) else "none" if value is None else str(value)


def spending_texts(spending: Spending) -> list[str]:
    """Return the GPU-hours and the money spent, with limit and forecast; nothing where trials use no GPU."""
    spent, forecast, limits = spending.spent, spending.forecast, spending.limits
    if spent.gpu_hours <= 0:
        return []
    hours_at_end = None if forecast is None else forecast.gpu_hours
    texts = [_used("{} GPU-hours", spent.gpu_hours, hours_at_end, limits.gpu_hours)]
    if spent.cost is not None:
        texts.append(_used("cost {}", spent.cost, None if forecast is None else forecast.cost, limits.cost))
    return texts


def _used(text: str, spent: float, forecast: float | None, limit: float | None) -> str:
    shown = f"{spent:.2f}" + ("" if limit is None else f" of {limit:g}")
    return text.format(shown) + ("" if forecast is None else f" (forecast {forecast:.2f})")
