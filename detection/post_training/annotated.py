"""The annotated images on which suppression and thresholds are chosen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.core.seeds import generator
from sweepbox.detection.data.cache.record_set import RecordSet


@dataclass(frozen=True, eq=False)
class AnnotatedFrame:
    """The objects of one image of `height` x `width` pixels; boxes are normalised."""

    ground_truth: GroundTruth
    height: int
    width: int


def frames_of(records: RecordSet, indices: NDArray[np.int64]) -> tuple[AnnotatedFrame, ...]:
    """Return the annotations of the records at `indices`, in that order."""
    sizes = records.original_sizes[indices].tolist()
    return tuple(
        AnnotatedFrame(records.ground_truth(index), height, width)
        for index, (height, width) in zip(indices.tolist(), sizes, strict=True)
    )


def folds_of(frames: tuple[AnnotatedFrame, ...], folds: int, *, seed: int = 0) -> NDArray[np.int64]:
    """Return the fold of each image, int64 `[images]` in 0..folds-1.

    Images are shuffled within the groups of those whose rarest class is the same, and dealt out in turn, so
    that the folds have equal sizes and similar shares of rare classes. It depends on the annotations and `seed`
    only.
    """
    rarest = _rarest_classes(frames)
    order = generator(seed, "folds").permutation(len(frames))
    order = order[np.argsort(rarest[order], kind="stable")]
    assigned = np.empty(len(frames), np.int64)
    assigned[order] = np.arange(len(frames)) % folds
    return assigned


def _rarest_classes(frames: tuple[AnnotatedFrame, ...]) -> NDArray[np.int64]:
    """Return the rank of each image's rarest class, 0 for the rarest of all; without objects the highest."""
    present = [np.unique(frame.ground_truth.class_ids) for frame in frames]
    ids, counts = np.unique(np.concatenate([np.zeros(0, np.int64), *present]), return_counts=True)
    ranks = {class_id: rank for rank, class_id in enumerate(ids[np.argsort(counts, kind="stable")].tolist())}
    return np.array([min((ranks[i] for i in own.tolist()), default=len(ids)) for own in present], np.int64)
