"""The content of `winner.json`: the winner, what it is worth, and how sure that is."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sweepbox.detection.config.label_map import load_label_map
from sweepbox.tuning.sweep.best import Best
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.winner.post_processing import KEY

VALIDATION_ONLY = "validation only"
UNCONFIRMED = f"{VALIDATION_ONLY}: the best figure of a search, of one training, not confirmed"


def unconfirmed_winner(state: SweepState, best: Best) -> dict[str, Any]:
    """Return the winner where it is the search's best evaluation, with the interval of its one training.

    The interval is there where the matches of its images are, see `TrialFolder.matches`.
    """
    interval = _interval_of_one(state, best)
    return {
        **winner_of(state, best),
        "validation": {"value": best.value, "mean": None, "sd": None},
        "test": None,
        "interval": interval,
        "interval_method": None if interval is None else "bootstrap over images",
        "seeds": [{"seed": state.trial(best.trial).status.seed, "trial": best.trial, "validation": best.value}],
        "folds": None,
        "tie_with": [],
        "against_base": None,
        "verdict": UNCONFIRMED,
        "flattery": None,
        KEY: None,
        "test_looks": [] if state.winner is None else state.winner.test_looks,
        "confirmation": None,
    }


def winner_of(state: SweepState, best: Best) -> dict[str, Any]:
    """Return a trial as winner: its best evaluation, AP by class, changes of the base config, its checkpoint.

    With several goals `front` has the Pareto front of the search, the best by the first goal first.
    """
    trial = state.trial(best.trial)
    return {
        **best.to_json(),
        "AP": by_class(state, best.metrics, "AP"),
        "AP@.50": by_class(state, best.metrics, "AP@.50"),
        "changes": {change.path: {"before": change.before, "after": change.after} for change in trial.changes},
        "parameters": dict(trial.status.parameters),
        "segments": [asdict(segment) for segment in state.chains.several(trial.id)],
        "origin": str(trial.status.origin),
        "seed": trial.status.seed,
        "fingerprint": trial.status.fingerprint,
        "checkpoint": str(state.folder.trial(best.trial).best.relative_to(state.folder.path)),
        "front": [point.to_json() for point in state.front],
    }


def by_class(state: SweepState, metrics: Mapping[str, float], kind: str) -> dict[str, float]:
    """Return one kind of metric by class name."""
    names = load_label_map(state.folder.label_map).names
    return {name: metrics[f"{kind}/{name}"] for name in names if f"{kind}/{name}" in metrics}


def _interval_of_one(state: SweepState, best: Best) -> list[float] | None:
    """Return the interval of one training's validation value, None where its matches are not there."""
    trial = state.trial(best.trial)
    if not state.folder.trial(best.trial).matches("validation").is_file():
        return None
    from sweepbox.tuning.trial.evaluation import Part
    from sweepbox.tuning.winner.choice import Contender
    from sweepbox.tuning.winner.contenders import PartScores
    from sweepbox.tuning.winner.finalists import Finalist

    finalist = Finalist(trial.id, trial.id, trial.status.fingerprint, is_base=False)
    contender = Contender(finalist, {trial.status.seed: trial})
    score = PartScores.read([contender], state, Part.VALIDATION).of(contender)
    return None if score is None else [score.interval().low, score.interval().high]
