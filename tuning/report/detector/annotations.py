"""Where an object of a record stands in its annotation file, as far as the prepared data tell."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from sweepbox.detection.analysis.label_suspects import LabelSuspect


def with_annotation_objects(
    suspects: Sequence[LabelSuspect], description: Mapping[str, Any]
) -> tuple[LabelSuspect, ...]:
    """Return suspects with the positions of their objects in the annotation files.

    A record has the usable objects of its annotation file in their order; `dataset.json` lists those that were
    left out. The position stays unknown for data without `dataset.json`, and where several images have the
    same name but for their folder.

    Args:
        suspects: The suspects.
        description: The content of `dataset.json`; empty without one.
    """
    names = [name for split in description.get("splits", {}).values() for name in split.get("pictures", {})]
    if not names:
        return tuple(suspects)
    stems = Counter(_stem(name) for name in names)
    dropped: dict[str, set[int]] = defaultdict(set)
    for defect in description.get("dropped", {}).get("list", ()):
        dropped[_stem(defect["file"])].add(defect["object_index"])
    return tuple(
        replace(item, annotation_object=_position(item.object, dropped[_stem(item.name)]))
        if item.object is not None and stems[_stem(item.name)] == 1
        else item
        for item in suspects
    )


def _position(kept: int, dropped: set[int]) -> int:
    """Return the position of the object that is number `kept`, from 0, of those that are not dropped."""
    position = -1
    for _ in range(kept + 1):
        position += 1
        while position in dropped:
            position += 1
    return position


def _stem(name: str) -> str:
    return PurePosixPath(name).stem
