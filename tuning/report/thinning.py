"""What the page of a large sweep leaves out, so that it opens fast."""

from collections.abc import Sequence
from dataclasses import replace

from sweepbox.tuning.report.model.report import ReportModel, ThinningModel
from sweepbox.tuning.report.model.trial import CurveModel, TrialModel

MOST_TRIALS = 200
"""Up to so many trials nothing is left out."""
POINTS = 12
"""The most points of a curve beyond that: the first, the best and the last are among them."""
FULL = 50
"""How many of the best trials keep all metrics."""


def thinned(model: ReportModel) -> ReportModel:
    """Return the model as the page shows it; that of a sweep with few trials as it is.

    Of a sweep with more than `MOST_TRIALS` trials, curves have the first goal only and at most `POINTS` points,
    and trials that are not among the best have the values of the goals, but no other metrics.
    """
    if len(model.trials) <= MOST_TRIALS:
        return model
    full = _full(model)
    note = (
        f"The sweep has more than {MOST_TRIALS} trials: curves have at most {POINTS} points, and all metrics "
        f"are kept of the {len(full)} best trials. results.parquet has everything."
    )
    trials = tuple(_thin(trial, model, is_full=trial.id in full) for trial in model.trials)
    return replace(model, trials=trials, thinning=ThinningModel(len(model.trials), POINTS, note))


def _full(model: ReportModel) -> frozenset[str]:
    """Return the trials that keep all metrics."""
    sign = -1.0 if model.objective[0].mode == "min" else 1.0
    scored = [(sign * trial.value, trial.id) for trial in model.trials if trial.value is not None]
    best = [name for _, name in sorted(scored, reverse=True)[:FULL]]
    special = [trial.id for trial in model.trials if trial.origin in ("base", "confirmed")]
    front = [point["trial"] for point in model.front]
    winner = [] if model.verdict is None else [model.verdict.trial]
    return frozenset([*best, *special, *front, *winner])


def _thin(trial: TrialModel, model: ReportModel, *, is_full: bool) -> TrialModel:
    curve = _thin_curve(trial.curve, model.objective[0].label, trial.best_evaluation)
    if is_full:
        return replace(trial, curve=curve, last_metrics={})
    return replace(trial, curve=curve, metrics={}, last_metrics={})


def _thin_curve(curve: CurveModel, metric: str, best: int | None) -> CurveModel:
    kept = _kept(len(curve.evaluations), curve.evaluations.index(best) if best in curve.evaluations else None)
    column = curve.metrics.get(metric, ())
    return CurveModel(
        tuple(curve.evaluations[index] for index in kept),
        tuple(curve.steps[index] for index in kept),
        tuple(curve.seconds[index] for index in kept),
        {metric: tuple(column[index] for index in kept)} if column else {},
    )


def _kept(count: int, best: int | None) -> Sequence[int]:
    """Return the indices of the points that are kept, rising."""
    if count <= POINTS:
        return range(count)
    spread = {round(index * (count - 1) / (POINTS - 2)) for index in range(POINTS - 1)}
    return sorted(spread | ({best} if best is not None else set()))
