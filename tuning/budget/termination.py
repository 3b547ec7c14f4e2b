"""Whether a sweep still gains: its best score before and after its last trials."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sweepbox.tuning.spec.limits import StopSpec

Rank = tuple[bool, float]
"""Whether all constraints are met, and a score of which more is better."""


@dataclass(frozen=True)
class Gain:
    """How much the best score rose over the last trials of a sweep.

    Attributes:
        value: The rise, infinite where the first trial was evaluated or first met the constraints.
        trials: How many trials it was measured over.
    """

    value: float
    trials: int


def gain_of_last(ended: Sequence[Rank], window: int, *, running: Iterable[Rank] = ()) -> Gain | None:
    """Return how much the best score rose over the last `window` trials; None while there are no more.

    Args:
        ended: The best evaluation of each ended trial, in the order of their ends.
        window: A number of trials.
        running: The best evaluations of the trials that still run, which count as gained, too.
    """
    if len(ended) <= window:
        return None
    before = max(ended[:-window])
    after = max(before, *ended[-window:], *running)
    return Gain(after[1] - before[1] if after[0] == before[0] else float("inf"), window)


def reason_to_stop(rule: StopSpec | None, ended: Sequence[Rank], *, running: Iterable[Rank] = ()) -> str | None:
    """Return why no more trials are worth their cost; None while they are, or without a rule.

    The arguments are those of `gain_of_last`.
    """
    if rule is None or len(ended) < rule.after:
        return None
    gain = gain_of_last(ended, rule.window, running=running)
    if gain is None or gain.value >= rule.gain_below:
        return None
    return (
        f"stop rule: the last {gain.trials} trials gained {gain.value:.4g}, less than {rule.gain_below:g}, "
        f"after {len(ended)} trials"
    )
