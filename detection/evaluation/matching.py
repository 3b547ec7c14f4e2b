"""COCO matching of detections with objects, for all images and classes at once.

The rules are those of pycocotools (Lin et al. 2014, arXiv:1405.0312). Within an image and class, detections are
matched greedily, best score first. A detection is matched with the unmatched object that it overlaps most.
Objects that are ignored are considered only if no other object matches; of equal objects the later one is
matched; a crowd can be matched any number of times. Groups (the objects and detections of one class in one
image) are independent, so the n-th detections of all groups are matched together.
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
"""The number of group x area range x threshold x object cells processed at a time: tens of megabytes."""

_JUST_BELOW_ONE = 1 - 1e-10
_EVERY_AREA = np.array([[0.0, np.inf]])


@dataclass(frozen=True, eq=False)
class Boxes:
    """Objects or detections of all images.

    Attributes:
        group: int64 `[n]`, in increasing order.
        xywh: `[n, 4]`, x, y, width and height in pixels.
        crowd: bool `[n]`, whether an object is a crowd.
    """

    group: IntArray
    xywh: FloatArray
    crowd: BoolArray

    @property
    def area(self) -> FloatArray:
        """Areas `[n]` in square pixels."""
        return self.xywh[:, 2] * self.xywh[:, 3]

    def outside(self, ranges: FloatArray) -> BoolArray:
        """Return whether the area is outside of each range, bool `[ranges, n]`; `ranges` is `[ranges, 2]`."""
        area = self.area
        return (area < ranges[:, :1]) | (area > ranges[:, 1:])


def match(
    objects: Boxes, detections: Boxes, *, thresholds: FloatArray, ranges: FloatArray
) -> tuple[BoolArray, BoolArray]:
    """Match detections with objects.

    A detection is ignored if it is matched with an ignored object (a crowd, or one whose area is out of range),
    or if it is not matched and its own area is out of range.

    Args:
        objects: The annotated objects.
        detections: The detections, ordered by group and then by decreasing score.
        thresholds: IoU thresholds.
        ranges: Area ranges `[ranges, 2]` in square pixels.

    Returns:
        (matched, ignored), each bool `[ranges, thresholds, detections]`.
    """
    matched = np.zeros((len(ranges), len(thresholds), len(detections.group)), np.bool_)
    ignored = np.repeat(detections.outside(ranges)[:, None], len(thresholds), axis=1)
    limits = np.minimum(thresholds, _JUST_BELOW_ONE)
    pairs = _overlapping_pairs(objects, detections, limits.min())
    for block in _blocks(pairs, objects, len(ranges) * len(thresholds)):
        for detection, _, found, is_ignored in _match_block(block, objects, limits, ranges):
            matched[:, :, detection] = found
            ignored[:, :, detection] = np.where(found, is_ignored, ignored[:, :, detection])
    return matched, ignored


def matched_objects(objects: Boxes, detections: Boxes, *, threshold: float) -> IntArray:
    """Return the object that each detection is matched with at one IoU threshold, whatever its area.

    Args:
        objects: The annotated objects.
        detections: The detections, ordered by group and then by decreasing score.
        threshold: The IoU threshold.

    Returns:
        int64 `[detections]`, the row of the object; -1 where there is none.
    """
    rows = np.full(len(detections.group), -1, np.int64)
    limits = np.minimum(np.array([threshold]), _JUST_BELOW_ONE)
    pairs = _overlapping_pairs(objects, detections, limits.min())
    for block in _blocks(pairs, objects, 1):
        for detection, row, found, _ in _match_block(block, objects, limits, _EVERY_AREA):
            rows[detection] = np.where(found, row, -1)[0, 0]
    return rows


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Pairs of a detection and an object of the same group that overlap enough: their rows and overlap."""

    detection: IntArray
    object: IntArray
    overlap: FloatArray
    group: IntArray

    def __getitem__(self, chosen: slice | BoolArray) -> "_Pairs":
        return _Pairs(self.detection[chosen], self.object[chosen], self.overlap[chosen], self.group[chosen])


def _overlapping_pairs(objects: Boxes, detections: Boxes, min_overlap: float) -> _Pairs:
    """Return the pairs within a group whose overlap is at least `min_overlap`, ordered by detection."""
    first, last = (np.searchsorted(objects.group, detections.group, side) for side in ("left", "right"))
    counts = last - first
    detection = np.repeat(np.arange(len(counts)), counts)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    row = np.arange(len(detection)) - starts + np.repeat(first, counts)
    overlap = _overlap(detections.xywh[detection], objects.xywh[row], objects.crowd[row])
    enough = overlap >= min_overlap
    detection, row = detection[enough], row[enough]
    return _Pairs(detection, row, overlap[enough], detections.group[detection])


def _overlap(detected: FloatArray, annotated: FloatArray, crowd: BoolArray) -> FloatArray:
    """Return the IoU of boxes `[n, 4]` (x, y, width, height); for a crowd, intersection / detection area."""
    low = np.maximum(detected[:, :2], annotated[:, :2])
    high = np.minimum(detected[:, :2] + detected[:, 2:], annotated[:, :2] + annotated[:, 2:])
    inside = np.maximum(high - low, 0.0)
    shared = inside[:, 0] * inside[:, 1]
    own, other = detected[:, 2] * detected[:, 3], annotated[:, 2] * annotated[:, 3]
    union = np.where(crowd, own, own + other - shared)
    overlap: FloatArray = np.divide(shared, union, out=np.zeros_like(shared), where=shared > 0)
    return overlap


def _blocks(pairs: _Pairs, objects: Boxes, cells_per_object: int) -> list[_Pairs]:
    """Split the pairs into blocks of complete groups that fit into memory."""
    if not len(pairs.group):
        return []
    starts = np.flatnonzero(np.diff(pairs.group, prepend=-1))
    largest = np.bincount(objects.group).max()
    groups = max(1, int(_LARGEST_BLOCK // (cells_per_object * largest)))
    cuts = [*starts[::groups].tolist(), len(pairs.group)]
    return [pairs[slice(begin, end)] for begin, end in pairwise(cuts)]


def _match_block(
    pairs: _Pairs, objects: Boxes, limits: FloatArray, ranges: FloatArray
) -> Iterator[tuple[IntArray, IntArray, BoolArray, BoolArray]]:
    """Match the n-th detection of each group in the n-th iteration.

    Yields:
        (detections, rows of the objects, found, whether the object is ignored); the last three are `[ranges,
        thresholds, detections]`.
    """
    groups, group_index = np.unique(pairs.group, return_inverse=True)
    first = np.searchsorted(objects.group, groups)
    size = np.searchsorted(objects.group, groups, "right") - first
    width = int(size.max())
    rows = np.minimum(first[:, None] + np.arange(width), len(objects.group) - 1)
    beyond = np.arange(width) >= size[:, None]
    skipped = (objects.outside(ranges)[:, rows] | objects.crowd[rows] | beyond).transpose(1, 0, 2)
    is_matched = np.zeros((len(groups), len(ranges), len(limits), width), np.bool_)
    position = _positions(pairs)
    for number in range(int(position.max()) + 1):
        now = position == number
        detection, begins, which = np.unique(pairs.detection[now], return_index=True, return_inverse=True)
        group = group_index[now][begins]
        overlap = np.full((len(detection), width), -1.0)
        overlap[which, pairs.object[now] - first[group_index[now]]] = pairs.overlap[now]
        available = ~is_matched[group] | objects.crowd[rows][group][:, None, None]
        chosen, found, is_ignored = _best_objects(overlap, available, skipped[group], limits)
        index = np.nonzero(found)
        is_matched[group[index[0]], index[1], index[2], chosen[index]] = True
        row = first[group][:, None, None] + chosen
        yield detection, row.transpose(1, 2, 0), found.transpose(1, 2, 0), is_ignored.transpose(1, 2, 0)


def _positions(pairs: _Pairs) -> IntArray:
    """Return the position of each pair's detection among the overlapping detections of its group."""
    new_detection = np.diff(pairs.detection, prepend=-1) != 0
    new_group = np.diff(pairs.group, prepend=-1) != 0
    counted = np.cumsum(new_detection)
    position: IntArray = counted - np.maximum.accumulate(np.where(new_group, counted, 0))
    return position


def _best_objects(
    overlap: FloatArray, available: BoolArray, skipped: BoolArray, limits: FloatArray
) -> tuple[IntArray, BoolArray, BoolArray]:
    """Return (object, found, whether the object is ignored), each `[groups, ranges, thresholds]`.

    `overlap` is `[groups, objects]`, `available` `[groups, ranges, thresholds, objects]`, `skipped` `[groups,
    ranges, objects]`.
    """
    possible: BoolArray = available & (overlap[:, None, None] >= limits[:, None])
    preferred: BoolArray = possible & ~skipped[:, :, None]
    any_preferred: BoolArray = np.any(preferred, axis=-1)
    candidates: BoolArray = np.where(any_preferred[..., None], preferred, possible)
    values = np.where(candidates, overlap[:, None, None], -2.0)
    last: IntArray = values.shape[-1] - 1 - np.argmax(values[..., ::-1], axis=-1)
    found: BoolArray = np.any(candidates, axis=-1)
    return last, found, ~any_preferred
