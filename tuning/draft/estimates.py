"""Batch size, length and number of trials, from rules of thumb; `sweepbox sweep --dry-run` measures instead."""

import math
from dataclasses import dataclass

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.extractors import EXTRACTORS, Backbone
from sweepbox.detection.config.resizers import resizer_settings
from sweepbox.tuning.draft.profile import DataProfile

EPOCHS = {"finetune": 60, "from_scratch": 200}
"""How often a trial sees each image, by preset."""
EVALUATIONS = 10
EVALUATION_SPEED = 3.0
"""How many times faster an image is evaluated than trained on."""
STOPPING_FRACTION = 0.5
"""The part of a full trial that a trial takes on average where weak ones are stopped early."""
USED_FRACTION = 0.85
"""The part of a time budget that is planned for trials; the rest compiles and waits."""
TRIALS_BY_DEFAULT, FEWEST_TRIALS, MOST_TRIALS = 24, 8, 100
FEWEST_STEPS, MOST_STEPS = 200, 50_000
LARGE_PIXELS = 512 * 512

# Images a second in training. A core's are half of those measured with MobileNetV2 FPNLite 320x320 and ResNet50
# FPN 640x640 on two cores (experiments/benchmarks); those of a GPU are assumed.
CORE_RATES = {Backbone.MOBILENET_V1: 3.0, Backbone.MOBILENET_V2: 3.0, Backbone.RESNET_V1: 0.07}
GPU_RATES = {Backbone.MOBILENET_V1: 120.0, Backbone.MOBILENET_V2: 120.0, Backbone.RESNET_V1: 30.0}
RATED_PIXELS = {
    Backbone.MOBILENET_V1: 320 * 320,
    Backbone.MOBILENET_V2: 320 * 320,
    Backbone.RESNET_V1: 640 * 640,
}


@dataclass(frozen=True)
class Plan:
    """The lengths of a sweep.

    Attributes:
        batch_size: Images in a batch.
        steps: Training steps of a full trial.
        evaluate_every: Steps between evaluations.
        trials: The number of trials.
        trial_s: The seconds of a full trial.
        sweep_s: The seconds of the sweep, weak trials stopped early.
        shortened: Whether trials are shorter than they should be, for the time budget.
        is_config_length: Whether the steps are those of the config.
    """

    batch_size: int
    steps: int
    evaluate_every: int
    trials: int
    trial_s: float
    sweep_s: float
    shortened: bool
    is_config_length: bool


def plan_sweep(
    base: pb.TrainEvalPipelineConfig,
    profile: DataProfile,
    *,
    preset: str,
    budget_s: float | None,
    gpus: int,
    cpus: int,
) -> Plan:
    """Return lengths that fit data, config and time budget; one trial on each GPU, or on each CPU without."""
    workers = gpus or cpus
    batch_size = _batch_size(base, profile, on_gpu=gpus > 0)
    steps = _steps(base, profile, batch_size, preset)
    full_s = _trial_s(base, profile, steps * batch_size, on_gpu=gpus > 0)
    trials, shortened = TRIALS_BY_DEFAULT, False
    if budget_s is not None:
        room = budget_s * workers * USED_FRACTION / STOPPING_FRACTION
        trials = min(max(int(room / full_s), FEWEST_TRIALS), MOST_TRIALS)
        if trials * full_s > room:
            shortened = True
            steps = max(_rounded(steps * room / (trials * full_s)), min(FEWEST_STEPS, steps))
            full_s = _trial_s(base, profile, steps * batch_size, on_gpu=gpus > 0)
    rounds = math.ceil(trials / workers)
    every = max(_rounded(steps / EVALUATIONS), 1)
    return Plan(
        batch_size,
        steps,
        every,
        trials,
        trial_s=full_s,
        sweep_s=rounds * full_s * STOPPING_FRACTION,
        shortened=shortened,
        is_config_length=steps == base.train_config.num_steps,
    )


def input_pixels(base: pb.TrainEvalPipelineConfig) -> int:
    """Return the number of pixels of an image that enters the network."""
    height, width = resizer_settings(base.model.ssd.image_resizer).output_size
    return height * width


def _batch_size(base: pb.TrainEvalPipelineConfig, profile: DataProfile, *, on_gpu: bool) -> int:
    """Return the config's batch size, at most what usually fits, and at most a quarter of the images."""
    most = 8 if not on_gpu else 16 if input_pixels(base) >= LARGE_PIXELS else 32
    return max(min(base.train_config.batch_size or most, most, profile.train_images // 4), 1)


def _steps(base: pb.TrainEvalPipelineConfig, profile: DataProfile, batch_size: int, preset: str) -> int:
    wanted = _rounded(EPOCHS[preset] * profile.train_images / batch_size)
    steps = min(max(wanted, FEWEST_STEPS), MOST_STEPS)
    return min(steps, base.train_config.num_steps or steps)


def _trial_s(base: pb.TrainEvalPipelineConfig, profile: DataProfile, images: int, *, on_gpu: bool) -> float:
    extractor = EXTRACTORS[base.model.ssd.feature_extractor.type]
    rates = GPU_RATES if on_gpu else CORE_RATES
    deeper = max(extractor.depth / 50, 1.0) if extractor.backbone is Backbone.RESNET_V1 else 1.0
    pixels = input_pixels(base) / RATED_PIXELS[extractor.backbone]
    rate = rates[extractor.backbone] / (pixels * deeper)
    return (images + EVALUATIONS * profile.validation_images / EVALUATION_SPEED) / rate


def _rounded(number: float) -> int:
    """Return a number with two digits that are not 0."""
    whole = max(round(number), 1)
    digits = len(str(whole)) - 2
    return whole if digits <= 0 else round(whole / 10**digits) * 10**digits
