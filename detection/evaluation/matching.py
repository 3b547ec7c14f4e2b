"""COCO's matching of detections with objects, for all images and classes at once.

The rules are those of pycocotools (Lin et al. 2014, arXiv:1405.0312): within an image and a class detections
take objects greedily, best score first; a detection takes the free object that it overlaps most, one that
counts before one that is ignored, the later of equals; a crowd can be taken any number of times. Groups (an
image's objects and detections of one class) are independent of each other, so the n-th detections of all groups
take their turn together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

_LARGEST_BLOCK = 4_000_000
"""Cells of group x size x threshold x object that are worked on at a time: tens of megabytes."""

_JUST_BELOW_ONE = 1 - 1e-10


@dataclass(frozen=True, eq=False)
class Boxes:
    """Objects or detections of all images: `group` int64 `[n]`, rising; `xywh` `[n, 4]` in pixels; `crowd`."""

    group: IntArray
    xywh: FloatArray
    crowd: BoolArray

    @property
    def area(self) -> FloatArray:
        """Areas `[n]` in square pixels."""
        return self.xywh[:, 2] * self.xywh[:, 3]

    def outside(self, ranges: FloatArray) -> BoolArray:
        """Return bool `[ranges, n]`: the area is not within a range's (lowest, highest)."""
        area = self.area
        return (area < ranges[:, :1]) | (area > ranges[:, 1:])


def match(
    objects: Boxes, detections: Boxes, *, thresholds: FloatArray, ranges: FloatArray
) -> tuple[BoolArray, BoolArray]:
    """Return (matched, ignored), bool `[ranges, thresholds, detections]`.

    Detections come best first within their group. A detection is ignored where it took an ignored object (a
    crowd, or one whose area is out of range), or took none and is out of range itself.
    """
    matched = np.zeros((len(ranges), len(thresholds), len(detections.group)), np.bool_)
    ignored = np.repeat(detections.outside(ranges)[:, None], len(thresholds), axis=1)
    limits = np.minimum(thresholds, _JUST_BELOW_ONE)
    pairs = _overlapping_pairs(objects, detections, limits.min())
    for block in _blocks(pairs, objects, len(ranges) * len(thresholds)):
        for detection, found, passed in _turns_of(block, objects, limits, ranges):
            matched[:, :, detection] = found
            ignored[:, :, detection] = np.where(found, passed, ignored[:, :, detection])
    return matched, ignored


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Detections with each object of their group that they overlap enough: rows of both and the overlap."""

    detection: IntArray
    object: IntArray
    overlap: FloatArray
    group: IntArray

    def __getitem__(self, chosen: slice | BoolArray) -> "_Pairs":
        return _Pairs(self.detection[chosen], self.object[chosen], self.overlap[chosen], self.group[chosen])


def _overlapping_pairs(objects: Boxes, detections: Boxes, least: float) -> _Pairs:
    """Return the pairs of one group whose overlap is at least `least`, by detection."""
    first, last = (np.searchsorted(objects.group, detections.group, side) for side in ("left", "right"))
    counts = last - first
    detection = np.repeat(np.arange(len(counts)), counts)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    row = np.arange(len(detection)) - starts + np.repeat(first, counts)
    overlap = _overlap(detections.xywh[detection], objects.xywh[row], objects.crowd[row])
    enough = overlap >= least
    detection, row = detection[enough], row[enough]
    return _Pairs(detection, row, overlap[enough], detections.group[detection])


def _overlap(detected: FloatArray, annotated: FloatArray, crowd: BoolArray) -> FloatArray:
    """Return IoU of boxes `[n, 4]` (x, y, width, height); with a crowd the share of the detection in it."""
    low = np.maximum(detected[:, :2], annotated[:, :2])
    high = np.minimum(detected[:, :2] + detected[:, 2:], annotated[:, :2] + annotated[:, 2:])
    inside = np.maximum(high - low, 0.0)
    shared = inside[:, 0] * inside[:, 1]
    own, other = detected[:, 2] * detected[:, 3], annotated[:, 2] * annotated[:, 3]
    union = np.where(crowd, own, own + other - shared)
    overlap: FloatArray = np.divide(shared, union, out=np.zeros_like(shared), where=shared > 0)
    return overlap


def _blocks(pairs: _Pairs, objects: Boxes, cells_an_object: int) -> list[_Pairs]:
    """Return the pairs in blocks of whole groups that fit into memory."""
    if not len(pairs.group):
        return []
    starts = np.flatnonzero(np.diff(pairs.group, prepend=-1))
    most = np.bincount(objects.group).max()
    groups = max(1, int(_LARGEST_BLOCK // (cells_an_object * most)))
    cuts = [*starts[::groups].tolist(), len(pairs.group)]
    return [pairs[slice(begin, end)] for begin, end in pairwise(cuts)]


def _turns_of(
    pairs: _Pairs, objects: Boxes, limits: FloatArray, ranges: FloatArray
) -> Iterator[tuple[IntArray, BoolArray, BoolArray]]:
    """Yield (detections, found, whether it is an ignored object), one detection of each group in every turn.

    The two arrays are `[ranges, thresholds, detections]`.
    """
    names, place = np.unique(pairs.group, return_inverse=True)
    first = np.searchsorted(objects.group, names)
    size = np.searchsorted(objects.group, names, "right") - first
    width = int(size.max())
    rows = np.minimum(first[:, None] + np.arange(width), len(objects.group) - 1)
    beyond = np.arange(width) >= size[:, None]
    skipped = (objects.outside(ranges)[:, rows] | objects.crowd[rows] | beyond).transpose(1, 0, 2)
    taken = np.zeros((len(names), len(ranges), len(limits), width), np.bool_)
    turn = _turns(pairs)
    for number in range(int(turn.max()) + 1):
        now = turn == number
        detection, begins, which = np.unique(pairs.detection[now], return_index=True, return_inverse=True)
        group = place[now][begins]
        overlap = np.full((len(detection), width), -1.0)
        overlap[which, pairs.object[now] - first[place[now]]] = pairs.overlap[now]
        free = ~taken[group] | objects.crowd[rows][group][:, None, None]
        chosen, found, passed = _choose(overlap, free, skipped[group], limits)
        index = np.nonzero(found)
        taken[group[index[0]], index[1], index[2], chosen[index]] = True
        yield detection, found.transpose(1, 2, 0), passed.transpose(1, 2, 0)


def _turns(pairs: _Pairs) -> IntArray:
    """Return for each pair the place of its detection among those of its group that overlap anything."""
    new_detection = np.diff(pairs.detection, prepend=-1) != 0
    new_group = np.diff(pairs.group, prepend=-1) != 0
    counted = np.cumsum(new_detection)
    place: IntArray = counted - np.maximum.accumulate(np.where(new_group, counted, 0))
    return place


def _choose(
    overlap: FloatArray, free: BoolArray, skipped: BoolArray, limits: FloatArray
) -> tuple[IntArray, BoolArray, BoolArray]:
    """Return (object, found, whether it is an ignored one), each `[groups, ranges, thresholds]`.

    `overlap` `[groups, objects]`, `free` `[groups, ranges, thresholds, objects]`, `skipped` `[groups, ranges,
    objects]`.
    """
    reach: BoolArray = free & (overlap[:, None, None] >= limits[:, None])
    counting: BoolArray = reach & ~skipped[:, :, None]
    any_counting: BoolArray = np.any(counting, axis=-1)
    pool: BoolArray = np.where(any_counting[..., None], counting, reach)
    values = np.where(pool, overlap[:, None, None], -2.0)
    last: IntArray = values.shape[-1] - 1 - np.argmax(values[..., ::-1], axis=-1)
    found: BoolArray = np.any(pool, axis=-1)
    return last, found, ~any_counting
