"""Linked fields: when one is edited, the others are updated to fit.

* The lengths of a learning-rate schedule scale with `num_steps`, and `num_steps` with the cosine's
  `total_steps`; warm-up and plateau scale with the cosine.
* A warm-up rate scales with the base rate.
* The pyramid levels of the anchors equal those of the FPN; without a pyramid, the numbers of maps are equal.
* The pyramid of a ResNet follows its fields once one of them is edited. Where another extractor is replaced by
  a ResNet, the fields get the values that its pyramid has.
* `unmatched_threshold` is lowered with `matched_threshold`, and `max_detections_per_class` with
  `max_total_detections`.

Only a field that is not edited itself is updated. If two edited fields contradict each other, ConfigError names
both.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from google.protobuf.message import Message

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.aliases import schedule_of, schedule_path
from sweepbox.detection.config.extractors import (
    EXTRACTORS,
    FIXED_PYRAMID,
    has_fixed_pyramid,
    pyramid_fields_without_effect,
)
from sweepbox.detection.config.fields import get_plain
from sweepbox.detection.core.errors import ConfigError

ScheduleT = TypeVar("ScheduleT", bound=Message)

NUM_STEPS = "train_config.num_steps"
_LEVELS = ("model.ssd.feature_extractor.fpn", "model.ssd.anchor_generator.multiscale_anchor_generator")
_MAPS = ("model.ssd.feature_extractor", "model.ssd.anchor_generator.ssd_anchor_generator")
_NMS = "model.ssd.post_processing.batch_non_max_suppression"
_MATCHER = "model.ssd.matcher.argmax_matcher"


class _Edited:
    """The fields that the edits name, by full path."""

    def __init__(self, made: Mapping[str, object]) -> None:
        self._paths = set(made)
        self._whole = [f"{path}." for path, value in made.items() if isinstance(value, str)]

    def __contains__(self, path: str) -> bool:
        """Return whether a field is edited, by itself or within a message that is given as text."""
        return path in self._paths or any(path.startswith(whole) for whole in self._whole)

    def any_of(self, *paths: str) -> bool:
        """Return whether one of the fields is edited."""
        return any(path in self for path in paths)


@dataclass(frozen=True)
class _Link(Generic[ScheduleT]):
    """A learning-rate schedule at `path` before and after the edits, with the training settings around it."""

    before: pb.TrainConfig
    after: pb.TrainConfig
    old: ScheduleT
    new: ScheduleT
    path: str
    edited: _Edited


def update_linked_fields(
    before: pb.TrainEvalPipelineConfig, after: pb.TrainEvalPipelineConfig, made: Mapping[str, object]
) -> None:
    """Update the linked fields of `after` in place.

    Args:
        before: The config before the edits.
        after: The config after the edits.
        made: The values of the edits by full path.

    Raises:
        ConfigError: Edited fields contradict each other.
    """
    edited = _Edited(made)
    path, old, new = schedule_path(after), schedule_of(before), schedule_of(after)
    if path is not None and new is not None:
        start = type(new)()  # a schedule of another kind is scaled from its own values
        start.CopyFrom(old if old is not None and old.DESCRIPTOR == new.DESCRIPTOR else new)
        link = _Link(before.train_config, after.train_config, start, new, path, edited)
        _SCHEDULES[new.DESCRIPTOR.name](link)
    if after.model.WhichOneof("model") == "ssd":
        _pyramid(before.model.ssd.feature_extractor, after.model.ssd, edited)
        _levels(after.model.ssd, edited)
        _num_layers(after.model.ssd, edited)
        _thresholds(after.model.ssd.matcher, edited)
        _detections(after.model.ssd.post_processing, edited)


def _constant(_link: _Link[pb.ConstantLearningRate]) -> None:
    """Do nothing: a constant rate has no linked fields."""


def _cosine(link: _Link[pb.CosineDecayLearningRate]) -> None:
    """Update lengths and rates of a cosine schedule."""
    _cosine_total(link)
    _cosine_warmup(link)
    new, base, first = link.new, f"{link.path}.learning_rate_base", f"{link.path}.warmup_learning_rate"
    if base in link.edited and first not in link.edited:
        new.warmup_learning_rate = _scaled_rate(
            new.warmup_learning_rate, link.old.learning_rate_base, new.learning_rate_base
        )
    if (
        link.edited.any_of(base, first)
        and new.warmup_steps
        and new.warmup_learning_rate > new.learning_rate_base
    ):
        raise _contradiction(new, first, new, base, "the warm-up must start at or below the base rate")


def _cosine_total(link: _Link[pb.CosineDecayLearningRate]) -> None:
    """Scale the schedule's length with the training's, or the other way round."""
    old, new, total = link.old.total_steps, link.new, f"{link.path}.total_steps"
    steps_before = link.before.num_steps or old
    if NUM_STEPS in link.edited and not link.after.num_steps:
        return  # without a number of steps there is nothing to scale with; such a config is not supported
    if NUM_STEPS in link.edited and total not in link.edited:
        new.total_steps = _scaled(old, steps_before, link.after.num_steps)
    elif total in link.edited and NUM_STEPS not in link.edited:
        link.after.num_steps = _scaled(steps_before, old, new.total_steps)
    elif total in link.edited and new.total_steps < link.after.num_steps:
        raise _contradiction(link.after, NUM_STEPS, new, total, "the learning rate would be 0 at the end")


def _cosine_warmup(link: _Link[pb.CosineDecayLearningRate]) -> None:
    """Scale warm-up and plateau with the schedule's length; the warm-up ends before the schedule does."""
    new, total, warmup = link.new, f"{link.path}.total_steps", f"{link.path}.warmup_steps"
    room = new.total_steps - 1
    for name in ("warmup_steps", "hold_base_rate_steps"):
        steps = getattr(new, name)
        if f"{link.path}.{name}" not in link.edited and steps and new.total_steps != link.old.total_steps:
            setattr(new, name, max(0, min(room, _scaled(steps, link.old.total_steps, new.total_steps))))
        room -= getattr(new, name)
    if link.edited.any_of(NUM_STEPS, total, warmup) and new.warmup_steps >= new.total_steps:
        raise _contradiction(new, warmup, new, total, "the warm-up must be the shorter")


def _exponential(link: _Link[pb.ExponentialDecayLearningRate]) -> None:
    """Update lengths and rates of an exponential schedule."""
    old, new, path = link.old, link.new, link.path
    follows = NUM_STEPS in link.edited and link.before.num_steps > 0 and link.after.num_steps > 0
    for name in ("decay_steps", "burnin_steps"):
        if follows and f"{path}.{name}" not in link.edited and getattr(new, name):
            setattr(new, name, _scaled(getattr(new, name), link.before.num_steps, link.after.num_steps))
    base, first = f"{path}.initial_learning_rate", f"{path}.burnin_learning_rate"
    if base in link.edited and first not in link.edited and new.burnin_learning_rate:
        new.burnin_learning_rate *= _ratio(new.initial_learning_rate, old.initial_learning_rate)
    least = f"{path}.min_learning_rate"
    if link.edited.any_of(base, least) and new.min_learning_rate > new.initial_learning_rate:
        raise _contradiction(new, least, new, base, "the rate would never decay")


def _manual(link: _Link[pb.ManualStepLearningRate]) -> None:
    """Scale the boundaries of a manual schedule with the training's length, and check their order."""
    paths = [f"{link.path}.schedule[{index}].step" for index in range(len(link.new.schedule))]
    places = list(zip(link.new.schedule, paths, strict=True))
    if NUM_STEPS in link.edited and link.before.num_steps and link.after.num_steps:
        for step, path in places:
            if path not in link.edited:
                step.step = _scaled(step.step, link.before.num_steps, link.after.num_steps)
    for (step, path), (later, later_path) in itertools.pairwise(places):
        if link.edited.any_of(NUM_STEPS, *paths) and step.step >= later.step:
            raise _contradiction(step, path, later, later_path, "the steps must rise")


_SCHEDULES: dict[str, Any] = {
    "ConstantLearningRate": _constant,
    "CosineDecayLearningRate": _cosine,
    "ExponentialDecayLearningRate": _exponential,
    "ManualStepLearningRate": _manual,
}


def _pyramid(before: pb.SsdFeatureExtractor, ssd: pb.Ssd, edited: _Edited) -> None:
    """Make edited fields of a ResNet's pyramid count, and replace those that were another extractor's."""
    extractor, owner = ssd.feature_extractor, _LEVELS[0]
    is_chosen = f"{owner}.follow_fields" in edited and extractor.fpn.HasField("follow_fields")
    if not has_fixed_pyramid(extractor) or is_chosen:
        return
    changed = [name for name in FIXED_PYRAMID if f"{owner}.{name}" in edited and extractor.fpn.HasField(name)]
    by_anchors = edited.any_of(*(f"{_LEVELS[1]}.{name}" for name in ("min_level", "max_level")))
    if not has_fixed_pyramid(before):
        for name in pyramid_fields_without_effect(extractor):
            if name not in changed:
                setattr(extractor.fpn, name, FIXED_PYRAMID[name])
    if changed or by_anchors:
        extractor.fpn.follow_fields = True


def _levels(ssd: pb.Ssd, edited: _Edited) -> None:
    """Keep the pyramid levels of features and anchors equal."""
    if ssd.anchor_generator.WhichOneof("anchor_generator_oneof") != "multiscale_anchor_generator":
        return
    kind = EXTRACTORS.get(ssd.feature_extractor.type)
    if kind is None or not kind.pyramid or ssd.feature_extractor.WhichOneof("feature_pyramid_oneof") == "bifpn":
        return
    fpn, anchors = ssd.feature_extractor.fpn, ssd.anchor_generator.multiscale_anchor_generator
    for name in ("min_level", "max_level"):
        in_fpn, in_anchors = (f"{owner}.{name}" in edited for owner in _LEVELS)
        if in_fpn and not in_anchors:
            setattr(anchors, name, getattr(fpn, name))
        elif in_anchors and not in_fpn:
            setattr(fpn, name, getattr(anchors, name))
        elif in_fpn and getattr(fpn, name) != getattr(anchors, name):
            paths = [f"{owner}.{name}" for owner in _LEVELS]
            raise _contradiction(fpn, paths[0], anchors, paths[1], "they must be equal")


def _num_layers(ssd: pb.Ssd, edited: _Edited) -> None:
    """Keep the number of maps of the classic SSD and of its anchors equal."""
    kind = EXTRACTORS.get(ssd.feature_extractor.type)
    if kind is None or kind.pyramid or not ssd.anchor_generator.HasField("ssd_anchor_generator"):
        return
    anchors = ssd.anchor_generator.ssd_anchor_generator
    if anchors.scales:
        return
    of_maps, of_anchors = (f"{owner}.num_layers" in edited for owner in _MAPS)
    if of_maps and not of_anchors:
        anchors.num_layers = ssd.feature_extractor.num_layers
    elif of_anchors and not of_maps:
        ssd.feature_extractor.num_layers = anchors.num_layers
    elif of_maps and anchors.num_layers != ssd.feature_extractor.num_layers:
        paths = [f"{owner}.num_layers" for owner in _MAPS]
        raise _contradiction(ssd.feature_extractor, paths[0], anchors, paths[1], "they must be equal")


def _thresholds(matcher: pb.Matcher, edited: _Edited) -> None:
    """Lower the threshold of negatives with that of positives."""
    matched, unmatched = f"{_MATCHER}.matched_threshold", f"{_MATCHER}.unmatched_threshold"
    values = matcher.argmax_matcher
    if not edited.any_of(matched, unmatched) or values.unmatched_threshold <= values.matched_threshold:
        return
    if unmatched in edited:
        why = "the threshold of negatives cannot be the higher one"
        raise _contradiction(values, unmatched, values, matched, why)
    values.unmatched_threshold = values.matched_threshold


def _detections(post_processing: pb.PostProcessing, edited: _Edited) -> None:
    """Lower the detections of a class with those of an image."""
    per_class, total = f"{_NMS}.max_detections_per_class", f"{_NMS}.max_total_detections"
    values = post_processing.batch_non_max_suppression
    if not edited.any_of(per_class, total) or values.max_detections_per_class <= values.max_total_detections:
        return
    if per_class in edited:
        why = "a class cannot have more detections than the image"
        raise _contradiction(values, per_class, values, total, why)
    values.max_detections_per_class = values.max_total_detections


def _scaled(steps: int, before: int, after: int) -> int:
    """Return a number of steps scaled by `after / before`, at least 1."""
    return max(1, round(steps * _ratio(after, before)))


def _scaled_rate(rate: float, before: float, after: float) -> float:
    """Return a rate scaled by `after / before`; rounding does not raise it above the base."""
    scaled = rate * _ratio(after, before)
    return min(scaled, after) if rate <= before else scaled


def _ratio(after: float, before: float) -> float:
    """Return `after / before`; 1 if `before` is 0."""
    return after / before if before > 0 else 1.0


def _contradiction(first: Message, first_path: str, second: Message, second_path: str, why: str) -> ConfigError:
    """Return the error that names two fields, by their messages and full paths, with their values."""
    left = get_plain(first, first_path.rpartition(".")[2])
    right = get_plain(second, second_path.rpartition(".")[2])
    return ConfigError(f"{first_path} = {left} contradicts {second_path} = {right}: {why}; change one of them")
