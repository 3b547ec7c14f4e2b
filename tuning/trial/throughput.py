"""A trial's training speed and the shares of its time, from its evaluations."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sweepbox.tuning.storage.trial_record import Evaluation


@dataclass(frozen=True)
class Throughput:
    """Speed of training without compilation, shares of time from 0 to 1; None where nothing was recorded.

    `input_wait_fraction` is the share of the training that steps waited for batches, `evaluation_fraction` that
    of `evaluation_s` in `seconds`, the whole time up to the last evaluation.
    """

    images_per_s: float | None
    input_wait_fraction: float | None
    evaluation_s: float | None
    evaluation_fraction: float | None


def throughput_of(evaluations: Sequence[Evaluation]) -> Throughput:
    """Return the throughput over a trial's evaluations, each weighted by the steps or the time before it."""
    starts = [0, *(item.step for item in evaluations)]
    images, stretches = 0.0, []
    for start, item in zip(starts, evaluations, strict=False):
        if item.images_per_s:
            stretches.append(((item.step - start) / item.images_per_s, item.input_wait_fraction))
            images += item.step - start
    training = sum(length for length, _ in stretches)
    timed = [(item.seconds, item.evaluation_s) for item in evaluations if item.evaluation_s is not None]
    seconds, evaluation_s = (sum(values) for values in zip(*timed, strict=True)) if timed else (0.0, None)
    return Throughput(
        images_per_s=images / training if training else None,
        input_wait_fraction=weighted_mean((share, length) for length, share in stretches),
        evaluation_s=evaluation_s,
        evaluation_fraction=evaluation_s / seconds if evaluation_s is not None and seconds else None,
    )


def weighted_mean(pairs: Iterable[tuple[float | None, float]]) -> float | None:
    """Return the mean of values by their weights; None where no value is known or nothing weighs."""
    known = [(value, weight) for value, weight in pairs if value is not None]
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total if total else None
