"""The text of a drafted sweep file: every choice with its reason in a comment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.resizers import resizer_settings
from sweepbox.tuning.draft.augmentations import Choice, choose_augmentations
from sweepbox.tuning.draft.estimates import Plan
from sweepbox.tuning.draft.profile import DataProfile
from sweepbox.tuning.search.presets import PRESETS
from sweepbox.tuning.spec.durations import format_duration
from sweepbox.tuning.spec.schema import Distribution

FINETUNE, FROM_SCRATCH = "finetune", "from_scratch"
RARE = 0.1
"""A class with less than this part of the objects of the most frequent class is rare."""
SMALL_PIXELS = 24
"""Objects below this side, in pixels of the network's input, are hard to find."""
CPUS_PER_GPU = 4


@dataclass(frozen=True)
class Draft:
    """What a sweep file is drafted from.

    Attributes:
        name: The name of the sweep.
        base_config: The path of the base config as it stands in the file.
        data: The path of the data as it stands in the file.
        weights: The initial weights as they stand in the file; None for those of the config, or none.
        preset: The preset, and in `preset_reason` why.
        set: Fixed changes to the base config.
        gpus: The number of GPUs; 0 for CPUs alone.
        budget: The time budget, as in the file; None without one.
        validation_fraction: The part of the photographs that is set apart for validation.
        test_fraction: The part that is set apart for the final test.
    """

    name: str
    base_config: str
    data: str
    weights: str | None
    preset: str
    preset_reason: str
    set: Mapping[str, Any]
    gpus: int
    budget: str | None
    validation_fraction: float
    test_fraction: float


def draft_text(draft: Draft, base: pb.TrainEvalPipelineConfig, profile: DataProfile, plan: Plan) -> str:
    """Return the sweep file for a config, data and lengths."""
    lines = [
        *_head(draft, profile),
        *_space(draft, base, profile, plan),
        *_objective(profile),
        *_lengths(draft, profile, plan),
        *_resources(draft),
    ]
    return "\n".join(lines) + "\n"


def _head(draft: Draft, profile: DataProfile) -> Iterator[str]:
    counts = ", ".join(f"{name} {count}" for name, count in profile.class_counts.items())
    yield "# Drafted by `sweepbox init` from data and config; edit it freely."
    yield "# `sweepbox sweep THIS_FILE --dry-run` measures the times that are estimated here."
    yield f"# {profile.train_images} images to train on, {profile.validation_images} to evaluate."
    yield f"# Objects: {_one_line(counts)}."
    yield _entry("name", draft.name)
    yield _entry("base_config", draft.base_config)
    yield _entry("data", draft.data)
    if draft.weights is not None:
        yield _entry("initial_weights", draft.weights)


def _space(draft: Draft, base: pb.TrainEvalPipelineConfig, profile: DataProfile, plan: Plan) -> Iterator[str]:
    yield ""
    yield f"# {draft.preset_reason}."
    yield "# It searches these fields; entries under `space` and `augmentations` replace its own:"
    for key, distribution in _searched(draft.preset, base).items():
        yield f"#   {_entry(key, distribution.model_dump(exclude_none=True))}"
    yield _entry("preset", draft.preset)
    yield "set:"
    if plan.batch_size != base.train_config.batch_size:
        batch = base.train_config.batch_size or "none"
        yield f"  # at most what usually fits, and a quarter of the images (the config has {batch})"
    yield f"  train_config.batch_size: {plan.batch_size}"
    yield from (f"  {_entry(path, value)}" for path, value in draft.set.items())
    yield from _small_objects(base, profile)
    options = base.train_config.data_augmentation_options
    choices = choose_augmentations(profile, [str(item.WhichOneof("preprocessing_step")) for item in options])
    entries = [line for choice in choices for line in _augmentation(choice)]
    if any(choice.entry is not None for choice in choices):
        yield "augmentations:"
        yield from entries
    else:
        yield from (line.strip() for line in entries)


def _searched(preset: str, base: pb.TrainEvalPipelineConfig) -> Mapping[str, Distribution]:
    """Return the fields that a preset searches, but those that depend on the length of a trial."""
    optimizer = base.train_config.optimizer.WhichOneof("optimizer")
    rates = PRESETS[preset].learning_rates.get(str(optimizer))
    rate = {} if rates is None else {"learning_rate": Distribution(log_uniform=list(rates))}
    return {**rate, **PRESETS[preset].fields}


def _small_objects(base: pb.TrainEvalPipelineConfig, profile: DataProfile) -> Iterator[str]:
    height, width = resizer_settings(base.model.ssd.image_resizer).output_size
    side = profile.median_side * (height * width) ** 0.5
    if side < SMALL_PIXELS and height == width:
        yield f"# Half of the objects are smaller than {side:.0f} pixels of the input. A larger input may find"
        yield "# more, at four times the cost:"
        yield "# space:"
        yield f"#   image_size: {{choice: [{height}, {2 * height}]}}"


def _augmentation(choice: Choice) -> Iterator[str]:
    yield f"  # {choice.name}: {_one_line(choice.reason)}"
    if choice.entry is not None:
        yield f"  {_entry(choice.name, dict(choice.entry))}"


def _objective(profile: DataProfile) -> Iterator[str]:
    most = max(profile.class_counts.values())
    rare = [name for name, count in profile.class_counts.items() if count < RARE * most]
    yield ""
    yield "objective:"
    yield "  metric: mAP"
    if rare:
        yield "  # Rare classes weigh little in a search. Least values for them (adjust what must be reached):"
        yield f"  # floors: {_flow({f'AP@.50/{name}': 0.2 for name in rare})}"


def _lengths(draft: Draft, profile: DataProfile, plan: Plan) -> Iterator[str]:
    epochs = plan.steps * plan.batch_size / profile.train_images
    source = ", as in the config" if plan.is_config_length else ""
    trial, sweep = format_duration(plan.trial_s), format_duration(plan.sweep_s)
    yield ""
    yield f"# Estimates, not measured: a full trial takes about {trial}, the sweep about"
    yield f"# {sweep} if stopping weak trials early saves half. `--dry-run` measures."
    if plan.shortened:
        yield "# Trials are shorter than they should be, so that enough of them fit into the time budget."
    yield f"trials: {plan.trials}"
    if draft.budget is not None:
        yield _entry("time_budget", draft.budget)
    yield f"# {epochs:.0f} epochs at most{source}; the images are evaluated ten times"
    yield "training:"
    yield f"  steps: {plan.steps}"
    yield f"  evaluate_every: {plan.evaluate_every}"
    yield f"  precision: {'auto' if draft.gpus else 'float32'}"
    yield "sampler: {type: auto}"
    yield f"scheduler: {{type: asha, grace_period: 2, reduction_factor: {3 if plan.trials >= 16 else 2}}}"
    yield "# Ends the sweep when its last 8 trials gained less than this:"
    yield "# stop: {gain_below: 0.002, for: 8}"


def _resources(draft: Draft) -> Iterator[str]:
    yield ""
    if draft.gpus:
        yield f"resources_per_trial: {{cpu: {CPUS_PER_GPU}, gpu: 1}}"
        yield f"max_concurrent: {draft.gpus}"
        yield "# Money: the price of a GPU-hour, and the most to spend."
        yield "# cost: {per_gpu_hour: 2.5, limit: 40}"
    else:
        yield "resources_per_trial: {cpu: 1, gpu: 0}"
    yield "seed: 1"
    fractions = f"validation_fraction: {draft.validation_fraction:g}, test_fraction: {draft.test_fraction:g}"
    yield f"prepare: {{{fractions}, seed: 1}}"


def _entry(key: str, value: Any) -> str:
    """Return a key with its value on one line of YAML."""
    return f"{_flow(key)}: {_flow(value)}"


def _flow(value: Any) -> str:
    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...")


def _one_line(text: str) -> str:
    """Return a text without characters that would end a comment."""
    return " ".join(text.split())
