"""Reads a config that was written for the Object Detection API: what its names and fields mean there.

* An extractor of TensorFlow 1 that has a `_keras` sibling with the same network is read as that sibling.
* The pyramids of ResNet extractors ignore the fields of `fpn`, unless `fpn.follow_fields` is true.

The result says the same to a reader who takes every field literally. Configs that Sweepbox has written itself
(of runs, trials, checkpoints) are therefore not read again: their fields count.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.extractors import (
    FIXED_PYRAMID,
    KERAS_SIBLINGS,
    pyramid_fields_without_effect,
)

EXTRACTOR = "model.ssd.feature_extractor"
FOLLOW_FIELDS = f"{EXTRACTOR}.fpn.follow_fields"


@dataclass(frozen=True)
class ReadConfig:
    """A config to train, and one line for each thing that is not read as it is written.

    Attributes:
        config: The config; all its fields count.
        notes: The lines.
    """

    config: pb.TrainEvalPipelineConfig
    notes: tuple[str, ...] = ()


def read_with_edits(
    written: pb.TrainEvalPipelineConfig, edits: Iterable[Edit] = (), *, all_fields_count: bool = False
) -> ReadConfig:
    """Return a user's config with edits, as the Object Detection API would read it.

    Args:
        written: The config as it is in the file; it is not changed.
        edits: Edits of the config. One of a field of `fpn` makes the pyramid of a ResNet follow its fields;
            those that are not edited then have the values that they had before the edit.
        all_fields_count: Read the pyramid of a ResNet as runs did that began before `follow_fields` existed.

    Raises:
        ConfigError: An edit is wrong; see `apply_edits`.
    """
    given = [_with_sibling(edit) for edit in edits]
    config = pb.TrainEvalPipelineConfig()
    config.CopyFrom(written)
    _set_type(config, given)
    notes = _read_sibling(config)
    follows = [edit.value is True for edit in given if edit.path == FOLLOW_FIELDS]
    if follows and config.model.ssd.feature_extractor.HasField("fpn"):
        config.model.ssd.feature_extractor.fpn.follow_fields = follows[-1]
    if not (all_fields_count or any(follows[-1:])):
        notes += _read_pyramid(config)
    return ReadConfig(apply_edits(config, given), tuple(notes))


def keeps_own_pyramid(config: pb.TrainEvalPipelineConfig) -> bool:
    """Return whether a run's config has a ResNet's pyramid by its fields, although `follow_fields` is not set.

    Only runs that began before `follow_fields` existed have one.
    """
    return bool(pyramid_fields_without_effect(config.model.ssd.feature_extractor))


def _with_sibling(edit: Edit) -> Edit:
    """Return the edit, with the name of a TensorFlow 1 extractor replaced by that of its sibling."""
    if edit.path == f"{EXTRACTOR}.type" and isinstance(edit.value, str):
        return Edit(edit.path, KERAS_SIBLINGS.get(edit.value, edit.value))
    return edit


def _set_type(config: pb.TrainEvalPipelineConfig, edits: Iterable[Edit]) -> None:
    """Set the extractor's type in place, where an edit does: which fields have an effect depends on it."""
    for edit in edits:
        if edit.path == f"{EXTRACTOR}.type" and isinstance(edit.value, str) and config.model.HasField("ssd"):
            config.model.ssd.feature_extractor.type = edit.value


def _read_sibling(config: pb.TrainEvalPipelineConfig) -> list[str]:
    """Replace the name of a TensorFlow 1 extractor in place; return the line that says so."""
    name = config.model.ssd.feature_extractor.type
    sibling = KERAS_SIBLINGS.get(name)
    if config.model.WhichOneof("model") != "ssd" or sibling is None:
        return []
    config.model.ssd.feature_extractor.type = sibling
    line = (
        f"{EXTRACTOR}.type: {name!r} (TensorFlow 1) is read as {sibling!r}, which is the same network; "
        "checkpoints of TensorFlow 1 do not fit it"
    )
    return [line]


def _read_pyramid(config: pb.TrainEvalPipelineConfig) -> list[str]:
    """Give the fields of a ResNet's pyramid the values it has in place; return the line on those it ignored."""
    if config.model.WhichOneof("model") != "ssd":
        return []
    extractor = config.model.ssd.feature_extractor
    ignored = pyramid_fields_without_effect(extractor)
    if not ignored:
        return []
    shown = ", ".join(f"{name} = {getattr(extractor.fpn, name)}" for name in ignored)
    for name in ignored:
        setattr(extractor.fpn, name, FIXED_PYRAMID[name])
    lowest, highest, depth = FIXED_PYRAMID.values()
    line = (
        f"{EXTRACTOR}.fpn: {shown} {'has' if len(ignored) == 1 else 'have'} no effect, as in the Object "
        f"Detection API: {extractor.type} has levels {lowest} to {highest} and {depth} x depth_multiplier "
        f"channels; set {FOLLOW_FIELDS}=true to apply the fields"
    )
    return [line]
