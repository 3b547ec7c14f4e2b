"""What the split of a data set needs to know of its records: equal images, and the classes of each."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache.arrow.checksum import read_metadata
from sweepbox.detection.data.cache.arrow.metadata import SUFFIX
from sweepbox.detection.data.cache.open import open_record_set
from sweepbox.detection.data.dropped import without_unusable_boxes
from sweepbox.detection.data.records import read_records

Content = tuple[str, frozenset[str]]
"""A key of an image, which equal images share, and the names of the classes that it has an object of."""


def record_contents(paths: Sequence[Path], label_map: LabelMap) -> Iterator[Content]:
    """Yield the content of each record, in the order of the files, as `choose_folds` takes it.

    Crowds and unusable boxes are left out: they are no objects to be found. DataError where a record is
    missing or damaged.

    Args:
        paths: TFRecord files, or one file of decoded images.
        label_map: The classes.
    """
    if any(path.suffix == SUFFIX for path in paths):
        yield from _decoded_contents(paths, label_map)
        return
    for record in read_records(paths, label_map):
        truth = without_unusable_boxes(record, label_map).ground_truth
        yield hashlib.sha256(record.encoded).hexdigest(), _classes(truth, label_map)


def _decoded_contents(paths: Sequence[Path], label_map: LabelMap) -> Iterator[Content]:
    metadata = read_metadata(paths[0])
    records = open_record_set(paths, label_map, max_side=None if metadata is None else metadata.max_side)
    for index in range(len(records)):
        key = hashlib.sha256(np.ascontiguousarray(records.sizes[index]).tobytes())
        key.update(records.stored_image(index).tobytes())
        yield key.hexdigest(), _classes(records.ground_truth(index), label_map)


def _classes(truth: GroundTruth, label_map: LabelMap) -> frozenset[str]:
    return frozenset(label_map.name_of(number) for number in truth.class_ids[~truth.crowd].tolist())
