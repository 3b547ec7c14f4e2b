"""Checkpoints of the TensorFlow Object Detection API restored into our networks, in the parts that it knows."""

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
"""What the keys of the class heads' variables have in common."""

LISTED_KEYS = 10
TYPE_FIELD = "train_config.fine_tune_checkpoint_type"


class RestoredPart(StrEnum):
    """The part of a detector that is restored, by its name in `fine_tune_checkpoint_type`.

    `CLASSIFICATION` is the backbone from a checkpoint of a classifier, whose root has it as
    `feature_extractor`; `DETECTION` is backbone, feature pyramid and coarse levels; `FULL` is everything.
    """

    CLASSIFICATION = "classification"
    DETECTION = "detection"
    FULL = "full"

    @property
    def prefix(self) -> str:
        """How the keys of the part begin in a detection checkpoint."""
        return {"classification": f"{BACKBONE}/", "detection": f"{EXTRACTOR}/", "full": "model/"}[self.value]

    @property
    def stored_prefix(self) -> str:
        """How the keys of the part begin in the checkpoint that it is restored from."""
        return "feature_extractor/" if self is RestoredPart.CLASSIFICATION else self.prefix


@dataclass(frozen=True)
class RestoreSummary:
    """What was restored from where: `restored` of a part's `expected` variables, of `total` in the network.

    `fresh_keys` are those of the part whose shapes follow another number of classes in the checkpoint
    (`classes_there`, None where it cannot be told) and which keep their values.
    """

    source: str
    part: RestoredPart
    restored: int
    expected: int
    total: int
    fresh_keys: tuple[str, ...] = ()
    classes_here: int = 0
    classes_there: int | None = None

    def __str__(self) -> str:
        """Return one line for people."""
        line = f"restored {self.restored} of {self.expected} variables ({self.part}) from {self.source}"
        if self.fresh_keys:
            there = "another number" if self.classes_there is None else self.classes_there
            line += f"; the class head starts afresh: {self.classes_here} classes, the checkpoint has {there}"
        if self.total > self.expected:
            line += f"; the other {self.total - self.expected} variables start afresh"
        return line


def restore_object_based(
    network: Any, named: str | Path, ssd: pb.Ssd, part: RestoredPart
) -> tuple[Arrays, RestoreSummary]:
    """Give a part of a detector's weights a checkpoint's values; return them by variable path, and a summary.

    Every variable of the part must be in the checkpoint with its shape; only variables of the class head may
    have another last dimension, as with another number of classes: these keep their values. ModelError with
    the keys otherwise; then nothing was changed. Extra entries of the checkpoint are ignored.
    """
    checkpoint = open_checkpoint(named)
    variables = {variable.path: variable for variable in network.weights}
    keys = {
        path: part.stored_prefix + key.removeprefix(part.prefix)
        for path, key in checkpoint_keys(variables, ssd).items()
        if key.startswith(part.prefix)
    }
    _check_kind(checkpoint, part)
    fresh = _fresh_paths(variables, keys, checkpoint.shapes)
    restored = {path: key for path, key in keys.items() if path not in fresh}
    _check_fit(variables, restored, checkpoint, part)
    values = checkpoint.read(restored.values())
    arrays: Arrays = {path: values[key] for path, key in restored.items()}
    assign_variables([variables[path] for path in arrays], list(arrays.values()))
    summary = RestoreSummary(
        source=str(checkpoint.prefix),
        part=part,
        restored=len(restored),
        expected=len(keys),
        total=len(variables),
        fresh_keys=tuple(keys[path] for path in fresh),
        classes_here=ssd.num_classes,
        classes_there=_classes_there(variables, keys, fresh, checkpoint.shapes, ssd),
    )
    return arrays, summary


def load_object_based(network: Any, prefix: Path, ssd: pb.Ssd) -> None:
    """Give all weights of a detector's network the values of a checkpoint with the same number of classes.

    ModelError where the checkpoint lacks a variable or a shape differs.
    """
    _, summary = restore_object_based(network, prefix, ssd, RestoredPart.FULL)
    if summary.fresh_keys:
        raise ModelError(f"{prefix}: {summary.fresh_keys[0]} belongs to another number of classes")


def _check_kind(checkpoint: ObjectCheckpoint, part: RestoredPart) -> None:
    """Raise ModelError where the checkpoint is of a kind that has nothing of the part."""
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
        remedy = f"it holds no variables of a model (only {found}); name another, as a rule the latest"
    unset = " (which an unset type means as well)" if part is RestoredPart.CLASSIFICATION else ""
    raise ModelError(f"{checkpoint.prefix}: nothing matches '{part}'{unset}: {remedy}")


def _fresh_paths(
    variables: Mapping[str, Any], keys: Mapping[str, str], shapes: Mapping[str, tuple[int, ...]]
) -> list[str]:
    """Return the class head's variables whose last dimension alone differs in the checkpoint."""
    fresh = []
    for path, key in keys.items():
        ours, theirs = tuple(variables[path].shape), shapes.get(key)
        if CLASS_HEAD in key and theirs is not None and theirs != ours and theirs[:-1] == ours[:-1]:
            fresh.append(path)
    return fresh


def _check_fit(
    variables: Mapping[str, Any], keys: Mapping[str, str], checkpoint: ObjectCheckpoint, part: RestoredPart
) -> None:
    """Raise ModelError with the first keys that are missing or have another shape."""
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
        f"{checkpoint.prefix}: {len(problems)} of {len(keys)} variables ({part}) do not fit this detector; use "
        "a checkpoint of the same feature extractor, depth_multiplier and predictor\n" + "\n".join(shown)
    )


def _classes_there(
    variables: Mapping[str, Any],
    keys: Mapping[str, str],
    fresh: list[str],
    shapes: Mapping[str, tuple[int, ...]],
    ssd: pb.Ssd,
) -> int | None:
    """Return the checkpoint's number of classes, from its class head's width; None where that is no number."""
    if not fresh:
        return None
    background = int(ssd.add_background_class)
    anchors = variables[fresh[0]].shape[-1] // (ssd.num_classes + background)
    columns, rest = divmod(shapes[keys[fresh[0]]][-1], anchors)
    return None if rest else columns - background
