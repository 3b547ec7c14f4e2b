"""Checks of the training settings."""

import itertools
import re
from collections.abc import Iterator

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.aliases import OPTIMIZERS, schedule_of, schedule_path
from sweepbox.detection.config.support.input import INPUT_CHECKS
from sweepbox.detection.config.support.rules import LARGEST_BATCH, Check, Choice, Only, Range

TRAIN = "train_config"
OPTIMIZER = f"{TRAIN}.optimizer"
SCHEDULES = (
    "constant_learning_rate",
    "exponential_decay_learning_rate",
    "manual_step_learning_rate",
    "cosine_decay_learning_rate",
)


def check_length(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
    """Check that the number of steps is set."""
    if config.train_config.num_steps < 1:
        steps = config.train_config.num_steps
        yield (
            f"{TRAIN}.num_steps = {steps}: give the number of training steps, at least 1 (--set "
            "num_steps=2000, or training.steps in a sweep file); with 0 the Object Detection API trains until "
            "it is stopped"
        )


def check_moving_average(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
    """Check that evaluation with averaged weights has them."""
    optimizer = config.train_config.optimizer
    if config.eval_config.use_moving_averages and not optimizer.use_moving_average:
        yield (
            "eval_config.use_moving_averages = true needs averaged weights; set "
            f"{OPTIMIZER}.use_moving_average: true, or use_moving_averages: false"
        )


def check_patterns(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
    """Check that the patterns of variables are regular expressions."""
    for field in ("freeze_variables", "update_trainable_variables"):
        for index, pattern in enumerate(getattr(config.train_config, field)):
            try:
                re.compile(pattern)
            except re.error as error:
                where = f"{TRAIN}.{field}[{index}]"
                yield f"{where} = {pattern!r} is not a regular expression ({error}); correct it"


def check_schedule_choice(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
    """Check that the optimizer has a learning-rate schedule."""
    chosen = config.train_config.optimizer.WhichOneof("optimizer")
    if chosen is not None:
        yield from Choice(f"{OPTIMIZER}.{chosen}.learning_rate", "learning_rate", SCHEDULES)(config)


def check_schedule(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
    """Check rates and lengths of the learning-rate schedule."""
    path, schedule = schedule_path(config), schedule_of(config)
    if isinstance(schedule, pb.CosineDecayLearningRate):
        yield from _cosine_problems(schedule, str(path))
    elif isinstance(schedule, pb.ExponentialDecayLearningRate):
        yield from Range(f"{path}.initial_learning_rate", 0, above=True)(config)
        yield from Range(f"{path}.decay_steps", 1)(config)
        yield from Range(f"{path}.decay_factor", 0, above=True)(config)
        yield from Range(f"{path}.burnin_learning_rate", 0)(config)
        yield from Range(f"{path}.min_learning_rate", 0)(config)
    elif isinstance(schedule, pb.ManualStepLearningRate):
        yield from _manual_problems(schedule, str(path))
    elif isinstance(schedule, pb.ConstantLearningRate):
        yield from Range(f"{path}.learning_rate", 0, above=True)(config)


def check_warmup(config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
    """Check that the warm-up of the learning rate ends before the training does."""
    path, schedule, steps = schedule_path(config), schedule_of(config), config.train_config.num_steps
    if isinstance(schedule, pb.CosineDecayLearningRate):
        if schedule.warmup_steps >= schedule.total_steps:
            return  # a problem of the schedule alone
        name, warmup = "warmup_steps", schedule.warmup_steps
    elif isinstance(schedule, pb.ExponentialDecayLearningRate):
        name, warmup = "burnin_steps", schedule.burnin_steps
    elif isinstance(schedule, pb.ManualStepLearningRate) and schedule.warmup and schedule.schedule:
        name, warmup = "schedule[0].step", schedule.schedule[0].step
    else:
        return
    if 0 < steps <= warmup:
        yield (
            f"{path}.{name} = {warmup} is not below {TRAIN}.num_steps = {steps}: the training would end in the "
            "warm-up; lower it, or raise num_steps"
        )


def _cosine_problems(schedule: pb.CosineDecayLearningRate, path: str) -> Iterator[str]:
    """Yield the contradictions of a cosine schedule."""
    base, first = schedule.learning_rate_base, schedule.warmup_learning_rate
    if not base > 0:
        yield f"{path}.learning_rate_base = {base:g}: give a value above 0"
    if first < 0:
        yield f"{path}.warmup_learning_rate = {first:g}: give a value of at least 0"
    if schedule.warmup_steps and first > base:
        yield f"{path}.warmup_learning_rate = {first:g} exceeds learning_rate_base = {base:g}; lower it"
    if schedule.warmup_steps >= schedule.total_steps:
        yield (
            f"{path}.warmup_steps = {schedule.warmup_steps} is not below total_steps = {schedule.total_steps}; "
            "lower it"
        )
    elif schedule.warmup_steps + schedule.hold_base_rate_steps > schedule.total_steps:
        yield (
            f"{path}.hold_base_rate_steps = {schedule.hold_base_rate_steps} and warmup_steps = "
            f"{schedule.warmup_steps} exceed total_steps = {schedule.total_steps}; lower one of them"
        )


def _manual_problems(schedule: pb.ManualStepLearningRate, path: str) -> Iterator[str]:
    """Yield the contradictions of a manual schedule."""
    if schedule.initial_learning_rate < 0 or any(step.learning_rate < 0 for step in schedule.schedule):
        yield f"{path}: a learning rate is below 0; give values of at least 0"
    steps = [step.step for step in schedule.schedule]
    if any(first >= second for first, second in itertools.pairwise(steps)) or 0 in steps[:1]:
        yield f"{path}.schedule: the steps are {steps}; give ascending steps from 1"
    if schedule.warmup and not steps:
        yield f"{path}.warmup is true without a schedule to warm up to; add one or set warmup: false"


_OPTIMIZER_RULES: tuple[Check, ...] = (
    Choice(OPTIMIZER, "optimizer", OPTIMIZERS),
    check_moving_average,
    Range(f"{OPTIMIZER}.moving_average_decay", 0, 1),
    check_schedule_choice,
    check_schedule,
    check_warmup,
    Range(f"{OPTIMIZER}.momentum_optimizer.momentum_optimizer_value", 0, 1),
    Range(f"{OPTIMIZER}.rms_prop_optimizer.momentum_optimizer_value", 0, 1),
    Range(f"{OPTIMIZER}.rms_prop_optimizer.decay", 0),
    Range(f"{OPTIMIZER}.rms_prop_optimizer.epsilon", 0, above=True),
    Range(f"{OPTIMIZER}.adam_optimizer.epsilon", 0, above=True),
)

TRAINING_CHECKS: tuple[Check, ...] = (
    Range(f"{TRAIN}.batch_size", 1, LARGEST_BATCH),
    check_length,
    check_patterns,
    Range(f"{TRAIN}.gradient_clipping_by_norm", 0),
    Only(f"{TRAIN}.use_multiclass_scores", (False,)),
    Only(f"{TRAIN}.merge_multiple_label_boxes", (False,)),
    *_OPTIMIZER_RULES,
    *INPUT_CHECKS,
)
"""The checks of training, evaluation and the readers."""
