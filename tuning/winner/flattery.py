"""How much the validation value of the chosen candidate flattered."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sweepbox.detection.core.errors import UsageError
from sweepbox.tuning.objective.goal import Mode
from sweepbox.tuning.winner.comparison import difference_uncertainty
from sweepbox.tuning.winner.interval import Interval
from sweepbox.tuning.winner.score import BootstrappedScore


@dataclass(frozen=True)
class Flattery:
    """The value on validation images against that on test images, of the candidate chosen by the former.

    Attributes:
        validation: The value on the validation images.
        test: The value on the test images.
        difference: How much better the validation value is.
        interval: The confidence interval of the difference; 0 in it is what chance alone explains.
        expected: How much choosing the best of the candidates flatters on average; see `expected_optimism`.
    """

    validation: float
    test: float
    difference: float
    interval: Interval
    expected: float


def flattery(
    validation: BootstrappedScore, test: BootstrappedScore, candidates: Sequence[BootstrappedScore]
) -> Flattery:
    """Compare the validation value of the chosen candidate with its test value.

    Args:
        validation: The score of the chosen candidate on the validation images.
        test: Its score on the test images, of the same goal and number of resamples.
        candidates: The scores on the validation images of all candidates that it was chosen from.

    Raises:
        UsageError: The scores are of different goals, or do not have the same number of resamples.
    """
    sign = -1.0 if validation.goal.mode is Mode.MIN else 1.0
    difference = sign * (validation.value - test.value)
    interval = difference_uncertainty(validation, test).interval(difference)
    return Flattery(validation.value, test.value, difference, interval, expected_optimism(candidates))


def expected_optimism(candidates: Sequence[BootstrappedScore]) -> float:
    """Return by how much the value of the best candidate exceeds its true value, on average.

    In every resample the best candidate is chosen anew, and its value there compared with its value on all
    images (the bootstrap estimate of optimism: Efron 1983, JASA 78: 316–331). Each candidate's values are
    centred at its value on all images, so that the optimism of a single candidate is 0. Of equal candidates it
    is two thirds of the true optimism, because the differences that were found count as true; it does not cover
    the search before this choice.

    Args:
        candidates: At least one score; all of the same goal and resamples.

    Raises:
        UsageError: There is no candidate, or the resamples or goals differ.
    """
    if not candidates:
        raise UsageError("there is no candidate to choose from; give at least one score")
    first = candidates[0]
    if any(score.resamples is not first.resamples or score.goal != first.goal for score in candidates):
        raise UsageError("the candidates have different resamples or goals; compute all scores with the same")
    sign = -1.0 if first.goal.mode is Mode.MIN else 1.0
    values = np.array([score.value for score in candidates])[:, None]
    samples = np.stack([score.samples for score in candidates])
    samples = samples[:, ~np.isnan(samples).any(axis=0)]
    excess = sign * (samples - samples.mean(axis=1, keepdims=True))
    chosen = np.argmax(sign * values + excess, axis=0)
    return float(excess[chosen, np.arange(excess.shape[1])].mean()) if excess.size else 0.0
