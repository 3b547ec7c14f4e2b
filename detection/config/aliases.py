"""Aliases for common settings, whichever optimizer, schedule or loss the config uses."""

from collections.abc import Callable, Sequence
from typing import Any

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.fields import Scalar, nearest
from sweepbox.detection.core.errors import ConfigError

Targets = Sequence[tuple[str, Scalar | None]]

ALIASES = {
    "learning_rate": "the base learning rate of whichever schedule is set",
    "warmup_steps": "the steps of warm-up of the cosine or exponential schedule",
    "momentum": "the momentum of the momentum or RMSProp optimizer",
    "optimizer": "momentum_optimizer, adam_optimizer or rms_prop_optimizer; keeps the learning-rate schedule",
    "batch_size": "train_config.batch_size",
    "num_steps": "train_config.num_steps",
    "l2_weight": "the L2 weight of the feature extractor and the box predictor together",
    "weight_decay": "another name of l2_weight",
    "focal_alpha": "alpha of the sigmoid focal loss",
    "focal_gamma": "gamma of the sigmoid focal loss",
    "classification_weight": "the weight of the classification loss",
    "localization_weight": "the weight of the localization loss",
    "image_size": "height and width of the resized image, or its largest side where the aspect ratio is kept",
    "anchor_scale": "anchor_scale of the multiscale anchor generator",
    "aspect_ratios": "the aspect ratios of the anchors, as a list: [1.0, 2.0, 0.5]",
    "scales_per_octave": "scales_per_octave of the multiscale anchor generator",
    "min_level": "the lowest level of the feature pyramid and of its anchors",
    "frozen_layers": "train_config.freeze_variables: patterns of the variables that are not trained, as a list",
}
"""Every alias with its meaning."""

OPTIMIZERS = ("momentum_optimizer", "adam_optimizer", "rms_prop_optimizer")
BASE_RATE_FIELDS = {
    "constant_learning_rate": "learning_rate",
    "exponential_decay_learning_rate": "initial_learning_rate",
    "manual_step_learning_rate": "initial_learning_rate",
    "cosine_decay_learning_rate": "learning_rate_base",
}
_WARMUP_FIELDS = {
    "exponential_decay_learning_rate": "burnin_steps",
    "cosine_decay_learning_rate": "warmup_steps",
}
_MULTISCALE = "model.ssd.anchor_generator.multiscale_anchor_generator"
_FOCAL = "model.ssd.loss.classification_loss.weighted_sigmoid_focal"


def expand_alias(config: pb.TrainEvalPipelineConfig, alias: str, value: Scalar | None) -> Targets:
    """Return the full paths and values that `alias = value` means in this config.

    ConfigError if the config has no such setting; the message names what it has instead.
    """
    return _EXPANSIONS[alias](config, value)


def schedule_path(config: pb.TrainEvalPipelineConfig) -> str | None:
    """Return the path of the learning-rate schedule; None if none is set."""
    optimizer = config.train_config.optimizer.WhichOneof("optimizer")
    if optimizer is None:
        return None
    rate: pb.LearningRate = getattr(config.train_config.optimizer, optimizer).learning_rate
    schedule = rate.WhichOneof("learning_rate")
    return f"train_config.optimizer.{optimizer}.learning_rate.{schedule}" if schedule else None


def schedule_of(config: pb.TrainEvalPipelineConfig) -> Any | None:
    """Return the message of the learning-rate schedule; None if none is set."""
    path = schedule_path(config)
    if path is None:
        return None
    _, _, optimizer, _, schedule = path.split(".")
    return getattr(getattr(config.train_config.optimizer, optimizer).learning_rate, schedule)


def switch_optimizer(message: pb.Optimizer, name: str) -> None:
    """Replace the optimizer by `name`; keep the learning-rate schedule, and the momentum if both have one."""
    before = message.WhichOneof("optimizer")
    if before == name:
        return
    old: Any = getattr(message, before) if before else None
    kept = type(old)() if old is not None else None
    if kept is not None:
        kept.CopyFrom(old)
    new: Any = getattr(message, name)
    new.SetInParent()
    for field in ("learning_rate", "momentum_optimizer_value"):
        if (
            kept is None
            or field not in new.DESCRIPTOR.fields_by_name
            or field not in kept.DESCRIPTOR.fields_by_name
        ):
            continue
        if field == "learning_rate" and kept.HasField(field):
            new.learning_rate.CopyFrom(kept.learning_rate)
        elif kept.HasField(field):
            setattr(new, field, getattr(kept, field))


def _schedule(config: pb.TrainEvalPipelineConfig, alias: str) -> tuple[str, str]:
    """Return path and kind of the schedule."""
    path = schedule_path(config)
    if path is None:
        raise ConfigError(
            f"{alias}: the config has no learning-rate schedule; set one under train_config.optimizer, "
            "for instance momentum_optimizer.learning_rate.cosine_decay_learning_rate"
        )
    return path, path.rpartition(".")[2]


def _learning_rate(config: pb.TrainEvalPipelineConfig, value: Scalar | None) -> Targets:
    path, kind = _schedule(config, "learning_rate")
    if kind == "manual_step_learning_rate":
        return _manual_rates(schedule_of(config), path, value)
    return [(f"{path}.{BASE_RATE_FIELDS[kind]}", value)]


def _manual_rates(schedule: Any, path: str, value: Scalar | None) -> Targets:
    """Return edits that scale every rate of a manual schedule.

    The base is the initial rate, or with warm-up the rate after it.
    """
    warms_up = schedule.warmup and len(schedule.schedule)
    base = schedule.schedule[0].learning_rate if warms_up else schedule.initial_learning_rate
    if isinstance(value, str | bool) or value is None or base <= 0:
        return [(f"{path}.initial_learning_rate", value)]
    factor = value / base
    steps = [
        (f"{path}.schedule[{index}].learning_rate", step.learning_rate * factor)
        for index, step in enumerate(schedule.schedule)
    ]
    return [(f"{path}.initial_learning_rate", schedule.initial_learning_rate * factor), *steps]


def _warmup_steps(config: pb.TrainEvalPipelineConfig, value: Scalar | None) -> Targets:
    path, kind = _schedule(config, "warmup_steps")
    if kind not in _WARMUP_FIELDS:
        raise ConfigError(f"warmup_steps: {path} has no warm-up steps; use cosine_decay_learning_rate")
    return [(f"{path}.{_WARMUP_FIELDS[kind]}", value)]


def _momentum(config: pb.TrainEvalPipelineConfig, value: Scalar | None) -> Targets:
    chosen = config.train_config.optimizer.WhichOneof("optimizer")
    if chosen not in {"momentum_optimizer", "rms_prop_optimizer"}:
        raise ConfigError(
            f"momentum contradicts train_config.optimizer.{chosen or '(not set)'}, which has none; "
            "use optimizer=momentum_optimizer or remove momentum"
        )
    return [(f"train_config.optimizer.{chosen}.momentum_optimizer_value", value)]


def _optimizer(_config: pb.TrainEvalPipelineConfig, value: Scalar | None) -> Targets:
    if value not in OPTIMIZERS:
        hint = nearest(value, OPTIMIZERS) if isinstance(value, str) else None
        remedy = f"; did you mean {hint}?" if hint else ""
        raise ConfigError(f"optimizer = {value!r}: give one of {', '.join(OPTIMIZERS)}{remedy}")
    return [(f"train_config.optimizer.{value}", True)]


def _l2_weight(config: pb.TrainEvalPipelineConfig, value: Scalar | None) -> Targets:
    predictor = config.model.ssd.box_predictor.WhichOneof("box_predictor_oneof")
    owners = ["model.ssd.feature_extractor", f"model.ssd.box_predictor.{predictor}"]
    if predictor not in {"weight_shared_convolutional_box_predictor", "convolutional_box_predictor"}:
        owners.pop()
    return [(f"{owner}.conv_hyperparams.regularizer.l2_regularizer.weight", value) for owner in owners]


def _image_size(config: pb.TrainEvalPipelineConfig, value: Scalar | None) -> Targets:
    resizer = config.model.ssd.image_resizer.WhichOneof("image_resizer_oneof")
    sides = {
        "fixed_shape_resizer": ("height", "width"),
        "keep_aspect_ratio_resizer": ("min_dimension", "max_dimension"),
    }
    if resizer not in sides:
        raise ConfigError(
            f"image_size: model.ssd.image_resizer has {resizer or 'nothing'}; use fixed_shape_resizer"
        )
    return [(f"model.ssd.image_resizer.{resizer}.{side}", value) for side in sides[resizer]]


def _aspect_ratios(config: pb.TrainEvalPipelineConfig, value: Scalar | None) -> Targets:
    generator = config.model.ssd.anchor_generator.WhichOneof("anchor_generator_oneof")
    return [(f"model.ssd.anchor_generator.{generator or 'multiscale_anchor_generator'}.aspect_ratios", value)]


def _at(path: str) -> Callable[[pb.TrainEvalPipelineConfig, Scalar | None], Targets]:
    """Return the expansion of an alias that always means the same field."""
    return lambda _config, value: [(path, value)]


_EXPANSIONS: dict[str, Callable[[pb.TrainEvalPipelineConfig, Scalar | None], Targets]] = {
    "learning_rate": _learning_rate,
    "warmup_steps": _warmup_steps,
    "momentum": _momentum,
    "optimizer": _optimizer,
    "batch_size": _at("train_config.batch_size"),
    "num_steps": _at("train_config.num_steps"),
    "l2_weight": _l2_weight,
    "focal_alpha": _at(f"{_FOCAL}.alpha"),
    "focal_gamma": _at(f"{_FOCAL}.gamma"),
    "weight_decay": _l2_weight,
    "classification_weight": _at("model.ssd.loss.classification_weight"),
    "localization_weight": _at("model.ssd.loss.localization_weight"),
    "image_size": _image_size,
    "anchor_scale": _at(f"{_MULTISCALE}.anchor_scale"),
    "aspect_ratios": _aspect_ratios,
    "scales_per_octave": _at(f"{_MULTISCALE}.scales_per_octave"),
    "min_level": _at("model.ssd.feature_extractor.fpn.min_level"),
    "frozen_layers": _at("train_config.freeze_variables"),
}
