"""Presets: spaces for fine-tuning an SSD detector and for training one from random weights.

Ranges follow published practice: rates, warm-up and weight decay of the configs in the TensorFlow 2 detection
model zoo; focal loss of Lin et al. 2017 (arXiv:1708.02002, table 1: gamma 0.5 to 5, alpha 0.1 to 0.75); warm-
up of Goyal et al. 2017 (arXiv:1706.02677); higher rates and stronger augmentation without pre-training of He
et al. 2018 (arXiv:1811.08883); strengths of colour and crops within those of the SSD paper (Liu et al. 2016,
arXiv:1512.02325).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.aliases import ALIASES, expand_alias
from sweepbox.detection.config.edits import apply_edits
from sweepbox.detection.config.support import check_supported
from sweepbox.detection.core.errors import ConfigError, SweepError
from sweepbox.tuning.search.space import AUGMENTATION_PATH, Space
from sweepbox.tuning.spec.problems import unknown_value
from sweepbox.tuning.spec.schema import Augmentation, Distribution, SweepSpec

LONGEST_WARMUP = 0.1
"""The longest warm-up, as a fraction of the training."""


@dataclass(frozen=True)
class Preset:
    """A space; learning rates are given for each optimizer of the base config."""

    learning_rates: Mapping[str, tuple[float, float]]
    fields: Mapping[str, Distribution]
    augmentations: Mapping[str, Augmentation]


def _augmentation(**parameters: Distribution) -> Augmentation:
    return Augmentation.model_validate({"enabled": [True, False], **parameters})


def _uniform(low: float, high: float) -> Distribution:
    return Distribution(uniform=[low, high])


def _log(low: float, high: float) -> Distribution:
    return Distribution(log_uniform=[low, high])


_COLOUR = {
    "random_adjust_brightness": _augmentation(max_delta=_uniform(0.05, 0.3)),
    "random_adjust_contrast": _augmentation(min_delta=_uniform(0.6, 0.95), max_delta=_uniform(1.05, 1.5)),
    "random_adjust_saturation": _augmentation(min_delta=_uniform(0.6, 0.95), max_delta=_uniform(1.05, 1.5)),
}
PRESETS: Mapping[str, Preset] = {
    "finetune": Preset(
        learning_rates={
            "momentum_optimizer": (0.001, 0.04),
            "adam_optimizer": (0.0001, 0.004),
            "rms_prop_optimizer": (0.0001, 0.008),
        },
        fields={
            "l2_weight": _log(0.000004, 0.0004),
            "focal_gamma": _uniform(1.0, 3.0),
            "focal_alpha": _uniform(0.2, 0.6),
            "localization_weight": _log(0.5, 2.0),
        },
        augmentations={"random_horizontal_flip": _augmentation(), **_COLOUR},
    ),
    "from_scratch": Preset(
        learning_rates={
            "momentum_optimizer": (0.01, 0.16),
            "adam_optimizer": (0.0005, 0.01),
            "rms_prop_optimizer": (0.0005, 0.02),
        },
        fields={
            "l2_weight": _log(0.00001, 0.0005),
            "focal_gamma": _uniform(1.0, 3.0),
            "focal_alpha": _uniform(0.2, 0.75),
            "localization_weight": _log(0.5, 2.0),
        },
        augmentations={
            "random_horizontal_flip": _augmentation(),
            "random_crop_image": _augmentation(min_area=_uniform(0.2, 0.9)),
            **_COLOUR,
        },
    ),
}
"""Each preset by its name in a sweep file."""


@dataclass(frozen=True)
class Expansion:
    """A sweep file with its preset's entries.

    Attributes:
        spec: The sweep file; its own entries replace the preset's.
        left_out: One line for each entry of the preset that the base config does not support.
    """

    spec: SweepSpec
    left_out: tuple[str, ...] = ()


def with_preset(spec: SweepSpec, base: pb.TrainEvalPipelineConfig) -> Expansion:
    """Return a sweep file with the entries of its preset that `set` does not fix and `base` supports.

    Expanding twice gives the same. SweepError where there is no preset of this name.
    """
    if spec.preset is None:
        return Expansion(spec)
    if spec.preset not in PRESETS:
        raise SweepError(f"preset: {unknown_value('preset', spec.preset, PRESETS)}")
    preset = PRESETS[spec.preset]
    fixed = {path for key in (*spec.set, *spec.space) for path in _paths(base, key)}
    fields = {key: entry for key, entry in _fields(preset, base).items() if fixed.isdisjoint(_paths(base, key))}
    switched = {AUGMENTATION_PATH.format(name=name): name for name in preset.augmentations}
    fixed_names = {switched[path] for path in switched if any(key.startswith(path) for key in fixed)}
    augmentations = {name: entry for name, entry in preset.augmentations.items() if name not in fixed_names}
    problems = dict(_unsupported(base, Space(fields, augmentations)))
    return Expansion(
        spec.model_copy(
            update={
                "space": {key: entry for key, entry in fields.items() if key not in problems} | spec.space,
                "augmentations": {key: entry for key, entry in augmentations.items() if key not in problems}
                | spec.augmentations,
            }
        ),
        tuple(f"preset {spec.preset}: {key} is left out: {reason}" for key, reason in problems.items()),
    )


def _fields(preset: Preset, base: pb.TrainEvalPipelineConfig) -> dict[str, Distribution]:
    """Return the fields of a preset for the base config's optimizer and length."""
    optimizer = base.train_config.optimizer.WhichOneof("optimizer")
    rates = preset.learning_rates.get(optimizer or "")
    longest = int(base.train_config.num_steps * LONGEST_WARMUP)
    return {
        **({"learning_rate": _log(*rates)} if rates else {}),
        **({"warmup_steps": Distribution(integer=[0, longest])} if longest > 0 else {}),
        **preset.fields,
    }


def _paths(base: pb.TrainEvalPipelineConfig, key: str) -> Sequence[str]:
    """Return the full paths that a key sets."""
    if key not in ALIASES or key == "optimizer":
        return [key]
    try:
        return [path for path, _ in expand_alias(base, key, 1)]
    except ConfigError:
        return [key]


def _unsupported(base: pb.TrainEvalPipelineConfig, space: Space) -> Iterator[tuple[str, str]]:
    """Yield the name of each entry that the base config refuses, and the first reason."""
    found: set[str] = set()
    for key, edits in space.endpoints():
        name = key.split(".")[1]
        if name in found:
            continue
        try:
            check_supported(apply_edits(base, edits))
        except ConfigError as error:
            found.add(name)
            yield name, str(error).splitlines()[0]
