"""Restores a checkpoint of the TensorFlow Object Detection API, or a part of it, into a network."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sweepbox.detection.checkpoint.arrays import Arrays
from sweepbox.detection.checkpoint.key_rules import BACKBONE, EXTRACTOR
from sweepbox.detection.checkpoint.keys import checkpoint_keys
from sweepbox.detection.checkpoint.object_file import ObjectCheckpoint, open_checkpoint
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.model.variables import assign_variables

CLASS_HEAD = "/_prediction_heads/class_predictions_with_background/"
"""The substring of the keys of all class head variables."""

LISTED_KEYS = 10
TYPE_FIELD = "train_config.fine_tune_checkpoint_type"


class RestoredPart(StrEnum):
    """The part of a detector to restore, by its name in `fine_tune_checkpoint_type`.

    `CLASSIFICATION` is the backbone, from a classifier checkpoint whose root object is `feature_extractor`;
    `DETECTION` is backbone, feature pyramid and coarse levels; `FULL` is everything.
    """

    CLASSIFICATION = "classification"
    DETECTION = "detection"
    FULL = "full"

    @property
    def prefix(self) -> str:
        """The prefix of the part's keys in a detection checkpoint."""
        return {"classification": f"{BACKBONE}/", "detection": f"{EXTRACTOR}/", "full": "model/"}[self.value]

    @property
    def stored_prefix(self) -> str:
        """The prefix of the part's keys in the checkpoint that it is restored from."""
        return "feature_extractor/" if self is RestoredPart.CLASSIFICATION else self.prefix


@dataclass(frozen=True)
class RestoreSummary:
    """What was restored, and from where.

    Attributes:
        source: The path of the checkpoint.
        part: The restored part of the network.
        restored: The number of restored variables.
        expected: The number of variables in the part.
        total: The number of variables in the network.
        skipped_keys: The keys of variables that keep their values, because the checkpoint has another number of
            classes.
        network_classes: The number of classes of the network.
        checkpoint_classes: The number of classes of the checkpoint, None if it is unknown.
    """

    source: str
    part: RestoredPart
    restored: int
    expected: int
    total: int
    skipped_keys: tuple[str, ...] = ()
    network_classes: int = 0
    checkpoint_classes: int | None = None

    def __str__(self) -> str:
        """Return one line for the user."""
        line = f"restored {self.restored} of {self.expected} variables ({self.part}) from {self.source}"
        if self.skipped_keys:
            found = "another number" if self.checkpoint_classes is None else self.checkpoint_classes
            classes = f"{self.network_classes} classes, the checkpoint has {found}"
            line += f"; the class head is newly initialised: {classes}"
        if self.total > self.expected:
            line += f"; the other {self.total - self.expected} variables are newly initialised"
        return line


def restore_object_based(
    network: Any, named: str | Path, ssd: pb.Ssd, part: RestoredPart
) -> tuple[Arrays, RestoreSummary]:
    """Restore a part of a detector's weights from a checkpoint.

    Every variable of the part must be in the checkpoint with the same shape. The exception is the class head:
    if only the last dimension differs, as with another number of classes, the variable keeps its value. Extra
    entries of the checkpoint are ignored.

    Args:
        network: The Keras model of the detector.
        named: A path that `find_prefix` accepts.
        ssd: The `model.ssd` message of the detector.
        part: The part to restore.

    Returns:
        The restored values by variable path, and a summary.

    Raises:
        ModelError: The checkpoint is missing or damaged, or does not match; no variable was changed.
    """
    variables = {variable.path: variable for variable in network.weights}
    checkpoint, keys, skipped = _fitting(variables, named, ssd, part)
    restored = {path: key for path, key in keys.items() if path not in skipped}
    values = checkpoint.read(restored.values())
    arrays: Arrays = {path: values[key] for path, key in restored.items()}
    assign_variables([variables[path] for path in arrays], list(arrays.values()))
    summary = RestoreSummary(
        source=str(checkpoint.prefix),
        part=part,
        restored=len(restored),
        expected=len(keys),
        total=len(variables),
        skipped_keys=tuple(keys[path] for path in skipped),
        network_classes=ssd.num_classes,
        checkpoint_classes=_checkpoint_classes(variables, keys, skipped, checkpoint.shapes, ssd),
    )
    return arrays, summary


def check_restorable(network: Any, named: str | Path, ssd: pb.Ssd, part: RestoredPart) -> None:
    """Raise the ModelError of `restore_object_based`, of which only the index of the checkpoint is read."""
    _fitting({variable.path: variable for variable in network.weights}, named, ssd, part)


def _fitting(
    variables: Mapping[str, Any], named: str | Path, ssd: pb.Ssd, part: RestoredPart
) -> tuple[ObjectCheckpoint, dict[str, str], list[str]]:
    """Return the open checkpoint, the key of each variable of the part, and the paths of those to skip."""
    checkpoint = open_checkpoint(named)
    keys = {
        path: part.stored_prefix + key.removeprefix(part.prefix)
        for path, key in checkpoint_keys(variables, ssd).items()
        if key.startswith(part.prefix)
    }
    _check_kind(checkpoint, part)
    skipped = _skipped_paths(variables, keys, checkpoint.shapes)
    restored = {path: key for path, key in keys.items() if path not in skipped}
    _check_fit(variables, restored, checkpoint, part)
    return checkpoint, keys, skipped


def load_object_based(network: Any, prefix: Path, ssd: pb.Ssd) -> None:
    """Load all weights of a detector's network from a checkpoint with the same number of classes.

    Raises:
        ModelError: A variable is missing in the checkpoint or has another shape.
    """
    _, summary = restore_object_based(network, prefix, ssd, RestoredPart.FULL)
    if summary.skipped_keys:
        raise ModelError(f"{prefix}: {summary.skipped_keys[0]} belongs to another number of classes")


def _check_kind(checkpoint: ObjectCheckpoint, part: RestoredPart) -> None:
    """Raise ModelError if the checkpoint has no variable of the part."""
    if any(key.startswith(part.stored_prefix) for key in checkpoint.shapes):
        return
    kinds = {key.partition("/")[0] for key in checkpoint.shapes}
    if part is RestoredPart.CLASSIFICATION and "model" in kinds:
        remedy = (
            f"it is a detection checkpoint; set {TYPE_FIELD} to 'detection' (backbone and feature pyramid) or "
            "'full' (everything)"
        )
    elif "feature_extractor" in kinds:
        remedy = f"it is a classifier's backbone; set {TYPE_FIELD} to 'classification'"
    else:
        found = ", ".join(sorted(kinds)[:3]) or "nothing"
        remedy = f"it has no variables of a model (only {found}); name another one, usually the latest"
    unset = " (the default if the type is unset)" if part is RestoredPart.CLASSIFICATION else ""
    raise ModelError(f"{checkpoint.prefix}: nothing matches '{part}'{unset}: {remedy}")


def _skipped_paths(
    variables: Mapping[str, Any], keys: Mapping[str, str], shapes: Mapping[str, tuple[int, ...]]
) -> list[str]:
    """Return the class head variables of which only the last dimension differs in the checkpoint."""
    skipped = []
    for path, key in keys.items():
        ours, theirs = tuple(variables[path].shape), shapes.get(key)
        if CLASS_HEAD in key and theirs is not None and theirs != ours and theirs[:-1] == ours[:-1]:
            skipped.append(path)
    return skipped


def _check_fit(
    variables: Mapping[str, Any], keys: Mapping[str, str], checkpoint: ObjectCheckpoint, part: RestoredPart
) -> None:
    """Raise ModelError that lists the first keys that are missing or have another shape."""
    problems = []
    for path, key in keys.items():
        theirs, ours = checkpoint.shapes.get(key), tuple(variables[path].shape)
        if theirs is None:
            problems.append(f"  {key}: missing")
        elif theirs != ours:
            problems.append(f"  {key}: shape {list(theirs)}, this detector has {list(ours)}")
    if not problems:
        return
    more = len(problems) - LISTED_KEYS
    shown = problems[:LISTED_KEYS] + ([f"  … and {more} more"] if more > 0 else [])
    raise ModelError(
        f"{checkpoint.prefix}: {len(problems)} of {len(keys)} variables ({part}) do not match this detector; "
        "use a checkpoint of the same feature extractor, depth_multiplier and predictor\n" + "\n".join(shown)
    )


def _checkpoint_classes(
    variables: Mapping[str, Any],
    keys: Mapping[str, str],
    skipped: list[str],
    shapes: Mapping[str, tuple[int, ...]],
    ssd: pb.Ssd,
) -> int | None:
    """Return the number of classes of the checkpoint, from the width of its class head.

    None if no variable was skipped, or if the width is no multiple of the number of anchors.
    """
    if not skipped:
        return None
    background = int(ssd.add_background_class)
    anchors = variables[skipped[0]].shape[-1] // (ssd.num_classes + background)
    columns, rest = divmod(shapes[keys[skipped[0]]][-1], anchors)
    return None if rest else columns - background
