"""Learning rates and schedules that do not fit the length or the batches of the training."""

import math
from collections.abc import Iterator

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.aliases import BASE_RATE_FIELDS, schedule_of, schedule_path
from sweepbox.detection.diagnosis.traps.finding import Case, Finding

LONG_WARMUP = 0.5
"""The largest part of the training that a warm-up may take."""
FAR_ABOVE, FAR_BELOW = 10.0, 1 / 100
"""How far a rate may be from the usual one; fine-tuning takes rates far below that of a whole training."""
REFERENCES = {
    "momentum_optimizer": (0.04, 64, 1.0),
    "adam_optimizer": (0.001, 32, 0.5),
    "rms_prop_optimizer": (0.004, 24, 0.5),
}
"""A usual base rate, its batch size, and the power of the batch size with which rates grow.

Momentum: the ResNet FPN configs of the TensorFlow 2 detection zoo (0.04 at 64, 0.08 at 128), linear as in Goyal
et al. 2017 (arXiv:1706.02677). RMSProp: the configs of the classic SSD (0.004 at 24). Adam: its default. Both
adapt to the gradient, whose noise falls with the root of the batch size.
"""


def long_warmup(case: Case) -> Iterator[Finding]:
    """Find a warm-up that takes most of the training, or all of it."""
    schedule, steps = schedule_of(case.config), case.steps
    name = {"CosineDecayLearningRate": "warmup_steps", "ExponentialDecayLearningRate": "burnin_steps"}.get(
        "" if schedule is None else schedule.DESCRIPTOR.name, ""
    )
    warmup = getattr(schedule, name) if name else 0
    if isinstance(schedule, pb.ManualStepLearningRate) and schedule.warmup and schedule.schedule:
        name, warmup = "schedule[0].step", schedule.schedule[0].step
    if steps > 0 and warmup > LONG_WARMUP * steps:
        effect = (
            f"the training ends after {steps} steps, before the warm-up does, and never has its base rate"
            if warmup >= steps
            else f"the warm-up takes {warmup / steps:.0%} of the {steps} steps, at rates below the base rate"
        )
        yield Finding(
            f"{schedule_path(case.config)}.{name} = {warmup}",
            effect,
            f"set it to at most {max(steps // 10, 1)}, a tenth of the training, or train longer",
        )


def unfinished_decay(case: Case) -> Iterator[Finding]:
    """Find a cosine that is cut off before the rate has fallen to half."""
    schedule, steps = schedule_of(case.config), case.steps
    if not isinstance(schedule, pb.CosineDecayLearningRate) or not 0 < steps < schedule.total_steps:
        return
    start = schedule.warmup_steps + schedule.hold_base_rate_steps
    decayed = (steps - start) / max(schedule.total_steps - start, 1)
    if decayed < 0.5:
        yield Finding(
            f"{schedule_path(case.config)}.total_steps = {schedule.total_steps}",
            f"the training ends after {steps} steps, when the rate has not fallen to half: weights are still "
            "noisy",
            f"set it to {steps}, the number of steps",
        )


def rate_for_batch(case: Case) -> Iterator[Finding]:
    """Find a base rate far from the usual one for the optimizer and the batch size."""
    optimizer = str(case.config.train_config.optimizer.WhichOneof("optimizer"))
    path, size = schedule_path(case.config), case.config.train_config.batch_size
    if path is None or optimizer not in REFERENCES or size < 1:
        return
    name = BASE_RATE_FIELDS[path.rpartition(".")[2]]
    rate = _base_rate(case)
    reference, batch, power = REFERENCES[optimizer]
    usual = reference * (size / batch) ** power
    if rate > FAR_ABOVE * usual:
        effect = "training diverges, or settles on finding nothing"
    elif 0 < rate < FAR_BELOW * usual:
        effect = "weights hardly change"
    else:
        return
    ratio, side = (rate / usual, "above") if rate > usual else (usual / rate, "below")
    yield Finding(
        f"{path}.{name} = {rate:g}",
        f"{ratio:.0f} times {side} what is usual for {optimizer} with batches of {size} "
        f"({_rounded(usual):g}): {effect}",
        f"begin with {_rounded(usual):g}, or less where you fine-tune a detector",
    )


def _base_rate(case: Case) -> float:
    """Return the largest rate that a schedule reaches after its warm-up."""
    schedule, path = schedule_of(case.config), str(schedule_path(case.config))
    rates = [getattr(schedule, BASE_RATE_FIELDS[path.rpartition(".")[2]])]
    if isinstance(schedule, pb.ManualStepLearningRate):
        rates += [step.learning_rate for step in schedule.schedule]
    return float(max(rates))


def _rounded(rate: float) -> float:
    """Return a rate with one digit that is not 0."""
    return round(rate, -math.floor(math.log10(rate)))
