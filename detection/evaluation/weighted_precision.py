"""COCO metrics of resampled images: every image counts a whole number of times, in many resamples at once.

The values are those of evaluating a data set in which each image is repeated that many times, its copies next
to one another. Nothing is matched again, so a thousand resamples take seconds.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.core.metric_names import CLASS_METRICS, SUMMARY_NAMES, UNDEFINED
from sweepbox.detection.evaluation.image_matches import (
    IOU_THRESHOLDS,
    MAX_DETECTIONS,
    RECALL_THRESHOLDS,
    ImageMatches,
)
from sweepbox.detection.evaluation.matching import FloatArray, IntArray

ALL_SIZES = 0
_IOU_50, _IOU_75 = 0, 5
_SIZES = {"small": 1, "medium": 2, "large": 3}
_LARGEST_BLOCK = 2_000_000
"""The number of resample x detection cells processed at a time: tens of megabytes."""


def weighted_average_precision(
    matches: ImageMatches, weights: NDArray[np.integer], *, area_range: int = ALL_SIZES
) -> FloatArray:
    """Return the average precision of each class in resampled images.

    Args:
        matches: The matches of an evaluation.
        weights: Integers `[resamples, images]`, how often each image counts in each resample.
        area_range: The row of `AREA_RANGES` that objects are counted in.

    Returns:
        `[resamples, classes, IoU thresholds]` in 0..1; -1 (`UNDEFINED`) where a resample has no object of the
        class.

    Raises:
        ValueError: The weights are not counts `[resamples, images]`.
    """
    weights = _checked(matches, weights)
    shape = (len(weights), len(matches.class_names), len(IOU_THRESHOLDS))
    values = np.full(shape, UNDEFINED)
    most_copies = int(weights.max(initial=0))
    for column, rows in enumerate(matches.rows_by_class()):
        ranking = _ranking(matches, rows, area_range, most_copies)
        size = max(1, _LARGEST_BLOCK // max(1, len(ranking.image)))
        for begin in range(0, len(weights), size):
            block = slice(begin, begin + size)
            objects = weights[block] @ matches.num_objects[area_range, column]
            values[block, column] = _block_precision(ranking, weights[block], objects)
    return values


def weighted_recall(
    matches: ImageMatches,
    weights: NDArray[np.integer],
    *,
    area_range: int = ALL_SIZES,
    limit: int = MAX_DETECTIONS[-1],
) -> FloatArray:
    """Return the recall of each class in resampled images.

    Args:
        matches: The matches of an evaluation.
        weights: Integers `[resamples, images]`, how often each image counts in each resample.
        area_range: The row of `AREA_RANGES` that objects are counted in.
        limit: The number of detections per image and class that are used.

    Returns:
        `[resamples, classes, IoU thresholds]` in 0..1; -1 (`UNDEFINED`) where a resample has no object of the
        class.

    Raises:
        ValueError: The weights are not counts `[resamples, images]`.
    """
    weights = _checked(matches, weights)
    classes, images = len(matches.class_names), matches.num_images
    within = matches.rank < limit
    hits = (matches.matched & ~matches.ignored)[area_range] & within
    group = matches.class_index * images + matches.image_index
    found = np.stack([np.bincount(group[hit], minlength=classes * images) for hit in hits])
    true = np.einsum("bi,tci->bct", weights, found.reshape(len(hits), classes, images), optimize=True)
    objects = np.einsum("bi,ci->bc", weights, matches.num_objects[area_range], optimize=True)[..., None]
    return np.where(objects > 0, true / np.maximum(objects, 1), UNDEFINED)


def weighted_metrics(
    matches: ImageMatches, weights: NDArray[np.integer], names: Iterable[str]
) -> dict[str, FloatArray]:
    """Return metrics of resampled images by name; the names are those of `CocoEvaluator.metrics`.

    A class without objects in a resample leaves the means of this resample.

    Args:
        matches: The matches of an evaluation.
        weights: Integers `[resamples, images]`, how often each image counts in each resample.
        names: Names of metrics: `mAP`, `mAP@.50`, `AP/CLASS`, `AP@.50/CLASS`, `mAP (small)`, `AR@100` …

    Returns:
        For each name the values `[resamples]` in 0..1, or -1 (`UNDEFINED`).

    Raises:
        UsageError: A name is not that of a COCO metric of these classes.
        ValueError: The weights are not counts `[resamples, images]`.

    Example:
        >>> once = np.ones((1, matches.num_images), np.int64)
        >>> weighted_metrics(matches, once, ["mAP"])["mAP"]  # the mAP of the evaluation itself
    """
    source = _Source(matches, weights, {})
    return {name: source.values(name) for name in names}


def is_resampled(name: str, class_names: Sequence[str]) -> bool:
    """Return whether `weighted_metrics` has a metric: all of COCO's, but no loss."""
    kind, _, of_class = name.partition("/")
    return name in SUMMARY_NAMES or (kind in CLASS_METRICS and of_class in class_names)


def images_per_class(matches: ImageMatches, name: str) -> IntArray:
    """Return the number of images with objects that a metric counts, for each class that it is the mean of."""
    images: IntArray = (matches.num_objects[_area_range(name)] > 0).sum(axis=1)
    _, _, of_class = name.partition("/")
    return images[[matches.class_names.index(of_class)]] if of_class else images


def _area_range(name: str) -> int:
    size = name.partition(" (")[2].rstrip(")") if name in SUMMARY_NAMES else ""
    return _SIZES.get(size, ALL_SIZES)


@dataclass(frozen=True, eq=False)
class _Source:
    """Computes metrics by name; each set of average precisions or recalls is computed once."""

    matches: ImageMatches
    weights: NDArray[np.integer]
    computed: dict[tuple[str, int, int], FloatArray]

    def values(self, name: str) -> FloatArray:
        if not is_resampled(name, self.matches.class_names):
            known = ", ".join((*SUMMARY_NAMES, *(f"{kind}/CLASS" for kind in CLASS_METRICS)))
            classes = ", ".join(self.matches.class_names)
            raise UsageError(
                f"{name!r} cannot be computed from the matches of images; "
                f"use one of {known}, with CLASS one of {classes}"
            )
        kind, _, of_class = name.partition("/")
        if of_class:
            average = self._precision(ALL_SIZES)[:, self.matches.class_names.index(of_class)]
            return average[:, _IOU_50] if kind == "AP@.50" else average.mean(axis=1)
        kind, area_range = name.partition(" (")[0], _area_range(name)
        if kind.startswith("AR@"):
            return _mean(self._recall(area_range, int(kind.removeprefix("AR@"))))
        chosen = {"mAP@.50": slice(_IOU_50, _IOU_50 + 1), "mAP@.75": slice(_IOU_75, _IOU_75 + 1)}
        return _mean(self._precision(area_range)[..., chosen.get(kind, slice(None))])

    def _precision(self, area_range: int) -> FloatArray:
        return self._once(
            ("AP", area_range, 0),
            lambda: weighted_average_precision(self.matches, self.weights, area_range=area_range),
        )

    def _recall(self, area_range: int, limit: int) -> FloatArray:
        return self._once(
            ("AR", area_range, limit),
            lambda: weighted_recall(self.matches, self.weights, area_range=area_range, limit=limit),
        )

    def _once(self, key: tuple[str, int, int], compute: Callable[[], FloatArray]) -> FloatArray:
        if key not in self.computed:
            self.computed[key] = compute()
        return self.computed[key]


def _mean(values: FloatArray) -> FloatArray:
    """Return the mean of the defined values `[resamples, classes, IoU]` of each resample, or `UNDEFINED`."""
    defined = values > UNDEFINED
    counts = defined.sum(axis=(1, 2))
    total = np.where(defined, values, 0.0).sum(axis=(1, 2))
    return np.where(counts > 0, total / np.maximum(counts, 1), UNDEFINED)


def _checked(matches: ImageMatches, weights: NDArray[np.integer]) -> IntArray:
    if weights.ndim != 2 or weights.shape[1] != matches.num_images:
        raise ValueError(f"the weights have shape {weights.shape}, expected [resamples, {matches.num_images}]")
    if not np.issubdtype(weights.dtype, np.integer) or weights.min(initial=0) < 0:
        raise ValueError("the weights of images must be counts: integers of at least 0")
    return weights.astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Ranking:
    """The detections of a class by decreasing score.

    Where detections of one image have the same score but not the same matches, the repeated images alternate
    between them. Such detections have one row for every possible copy of their image, other detections one row.

    Attributes:
        image: int64 `[n]`, the image of each row.
        copy: int64 `[n]`, the copy of its image that a row stands for, from 0; -1 for all copies.
        hit: bool `[IoU, n]`, true positives.
        skipped: bool `[IoU, n]`, neither true nor false positives.
    """

    image: IntArray
    copy: IntArray
    hit: NDArray[np.bool_]
    skipped: NDArray[np.bool_]

    def counts(self, weights: IntArray) -> FloatArray:
        """Return how often each row occurs, `[resamples, n]`, under the weights `[resamples, images]`."""
        counts = weights[:, self.image].astype(np.float64)
        single = self.copy >= 0
        counts[:, single] = counts[:, single] > self.copy[single]
        return counts


def _ranking(matches: ImageMatches, rows: slice, area_range: int, most_copies: int) -> _Ranking:
    scores, image = matches.scores[rows], matches.image_index[rows]
    matched, skipped = matches.matched[area_range, :, rows], matches.ignored[area_range, :, rows]
    flags = np.concatenate([matched, skipped])
    is_new = np.concatenate([[True], (np.diff(scores) != 0) | (np.diff(image) != 0)])[: len(scores)]
    tied_group = np.cumsum(is_new) - 1
    differs = np.concatenate([[False], (flags[:, 1:] != flags[:, :-1]).any(axis=0)])[: len(scores)] & ~is_new
    alternates = np.bincount(tied_group, differs, minlength=1)[tied_group] > 0
    row = np.repeat(np.arange(len(scores)), np.where(alternates, most_copies, 1))
    copy = np.arange(len(row)) - np.searchsorted(row, row)
    order = np.lexsort((row, copy, image[row], -scores[row]))
    row, copy = row[order], np.where(alternates[row], copy, -1)[order]
    return _Ranking(image[row], copy, (matched & ~skipped)[:, row], skipped[:, row])


def _block_precision(ranking: _Ranking, weights: IntArray, objects: IntArray) -> FloatArray:
    """Return the average precision `[resamples, IoU]` of one class.

    The highest precision at a recall or above is that at a true positive, so only these are looked at.
    """
    counts = ranking.counts(weights)
    ranked = np.cumsum(counts, axis=1)
    values = np.zeros((len(weights), len(ranking.hit)))
    for index, (hit, skipped) in enumerate(zip(ranking.hit, ranking.skipped, strict=True)):
        hits, ignored = np.flatnonzero(hit), np.flatnonzero(skipped)
        counted = ranked[:, hits]
        if ignored.size:
            before = np.pad(np.cumsum(counts[:, ignored], axis=1), ((0, 0), (1, 0)))
            counted = counted - before[:, np.searchsorted(ignored, hits)]
        values[:, index] = _average(np.cumsum(counts[:, hits], axis=1), counted, objects)
    return np.where(objects[:, None] > 0, values, UNDEFINED)


def _average(true: FloatArray, counted: FloatArray, objects: IntArray) -> FloatArray:
    """Return the mean over the fixed recalls of the highest precision at each recall or above, `[resamples]`.

    Args:
        true: `[resamples, hits]`, the true positives up to each hit.
        counted: `[resamples, hits]`, the true and false positives up to each hit.
        objects: `[resamples]`, the objects to be found.
    """
    precision = true / np.maximum(counted, 1.0)
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    recall = true / np.maximum(objects, 1)[:, None]
    reached = np.searchsorted(RECALL_THRESHOLDS, recall, side="right")
    newly_reached = np.diff(reached, axis=1, prepend=0)
    average: FloatArray = (envelope * newly_reached).sum(axis=1) / len(RECALL_THRESHOLDS)
    return average
