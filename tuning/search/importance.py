"""Which parameters make trials good: PED-ANOVA (Watanabe et al. 2023, arXiv:2304.10255), computed by Optuna.

The study that Optuna sees is made of the records and lives in memory. A trial that was stopped early counts
with the best score that it came to: the method compares good trials with all trials, and without the stopped
ones only good ones would be left.
"""

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sweepbox.tuning.search.replay import distributions_of
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.search.suggestions import Direction
from sweepbox.tuning.spec.schema import Scalar

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

LEAST_TRIALS = 12
"""With fewer trials nothing is computed."""
GOOD_SHARE, GOOD_TRIALS = 0.1, 8
"""Good are the best tenth of the trials, or so many where that is more; at most half of them."""


@dataclass(frozen=True)
class ScoredTrial:
    """The parameters of an ended trial and the score that it is judged by."""

    parameters: Mapping[str, Scalar]
    score: float


@dataclass(frozen=True)
class Importance:
    """How much the parameters matter.

    Attributes:
        trials: How many trials it is computed from.
        good: How many of them count as good.
        shares: The share of each parameter, the largest first; the sum is 1. Empty where it cannot be computed:
            there are fewer than `LEAST_TRIALS` trials, or all scores are equal.
    """

    trials: int
    good: int = 0
    shares: Mapping[str, float] = field(default_factory=dict)


def parameter_importance(space: Space, trials: Sequence[ScoredTrial], direction: Direction) -> Importance:
    """Compute the importance of the parameters.

    Args:
        space: The search space; trials that it could not have suggested are left out.
        trials: The ended trials.
        direction: Whether scores are maximised or minimised.
    """
    with _quiet():
        frozen = [trial for item in trials if (trial := _frozen(item, space)) is not None]
        count = len(frozen)
        if count < LEAST_TRIALS or len({trial.value for trial in frozen}) == 1:
            return Importance(count)
        share = min(max(GOOD_SHARE, GOOD_TRIALS / count), 0.5)
        return Importance(count, math.ceil(share * count), _shares(frozen, direction, share))


def _frozen(trial: ScoredTrial, space: Space) -> "FrozenTrial | None":
    """Return a trial as Optuna's; None where it has no parameters or not those of the space."""
    from optuna.trial import create_trial

    if not trial.parameters:
        return None
    try:
        return create_trial(
            value=trial.score,
            params=dict(trial.parameters),
            distributions=distributions_of(trial.parameters, space),
        )
    except (ValueError, TypeError):
        return None


def _shares(trials: "Sequence[FrozenTrial]", direction: Direction, share: float) -> dict[str, float]:
    import optuna
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    from sweepbox.tuning.search.observed_storage import GivenStorage

    study = optuna.create_study(storage=GivenStorage(trials), direction=direction)
    found = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator(target_quantile=share))
    return {name: float(value) for name, value in found.items() if math.isfinite(value)}


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Optuna from logging, and from warning that a function is experimental, in a block."""
    import optuna

    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(level)
