"""Annotated photographs from a Pascal VOC folder or from TFRecords, with the objects of a model's classes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.pixels import decode_pixels
from sweepbox.detection.inference.images import read_image

VOC_FOLDERS = ("annotations",)
"""Lower-case names of subfolders that mark a Pascal VOC folder; so does an XML file in it."""


@dataclass(frozen=True, eq=False)
class AnnotatedImage:
    """One image with its objects; `pixels` is uint8 RGB `[height, width, 3]`."""

    name: str
    pixels: NDArray[np.uint8]
    ground_truth: GroundTruth


def annotated_images(data: str | Path, labels: LabelMap, *, split: str) -> Iterator[AnnotatedImage]:
    """Yield the annotated images of `data`; see `evaluate_model`."""
    path = Path(data)
    if path.is_dir() and any(
        child.name.lower() in VOC_FOLDERS or child.suffix.lower() == ".xml" for child in path.iterdir()
    ):
        return _voc_images(path, labels)
    return _record_images(data, labels, split=split if path.is_dir() else None)


def _voc_images(folder: Path, labels: LabelMap) -> Iterator[AnnotatedImage]:
    """Yield the images of a Pascal VOC folder; boxes that `prepare` drops are dropped here too."""
    from sweepbox.detection.data.dataset.checks import examine_folder
    from sweepbox.detection.data.dataset.voc import find_voc

    for examined in examine_folder(find_voc(folder), label_map=None):
        breaking = [defect for defect in examined.defects if defect.breaking and defect.object_index is None]
        if breaking or examined.image is None or examined.frame is None:
            reason = (
                f"{folder / breaking[0].file}: {breaking[0].message}"
                if breaking
                else f"{examined.path}: no image"
            )
            raise DataError(f"{reason}; repair or remove it (`sweepbox doctor {folder}` lists all defects)")
        names = [usable.source.name for usable in examined.objects]
        truth = GroundTruth(
            boxes_yxyx=np.array([usable.box_yxyx for usable in examined.objects], np.float32).reshape(-1, 4),
            class_ids=np.array([_known_id(name, labels, examined.path) for name in names], np.int64),
            weights=np.ones(len(names), np.float32),
            difficult=np.array([usable.source.difficult for usable in examined.objects], np.bool_),
            crowd=np.zeros(len(names), np.bool_),
        )
        yield AnnotatedImage(examined.image.name, _pixels(examined.image, turn=examined.frame.turn), truth)


def _pixels(path: Path, *, turn: bool) -> NDArray[np.uint8]:
    """Return an image's pixels as training decodes them, or rotated by its EXIF orientation."""
    return read_image(path, upright=True) if turn else decode_pixels(path.read_bytes(), str(path))


def _record_images(source: str | Path, labels: LabelMap, *, split: str | None) -> Iterator[AnnotatedImage]:
    """Yield the images of TFRecords."""
    import tensorflow as tf

    from sweepbox.detection.data.records import find_records, read_records

    paths = find_records(source, split)
    # Read a second time in parallel: the first reader drops objects of classes that the label map lacks.
    raw = tf.data.TFRecordDataset([str(path) for path in paths]).as_numpy_iterator()
    for number, record in enumerate(read_records(paths, labels)):
        name = record.filename or record.source_id or f"image {number}"
        _check_classes(tf.train.Example.FromString(next(raw)), labels, name)
        yield AnnotatedImage(name, decode_pixels(record.encoded, name), record.ground_truth)


def _check_classes(example: Any, labels: LabelMap, place: str) -> None:
    """Raise DataError for an object of a serialised record whose class the model does not know."""
    features = example.features.feature
    names = {text.decode() for text in features["image/object/class/text"].bytes_list.value}
    for name in sorted(names):
        _known_id(name, labels, place)
    ids = set() if names else set(features["image/object/class/label"].int64_list.value)
    for class_id in sorted(ids - set(labels.ids)):
        _known_id(f"id {class_id}", labels, place)


def _known_id(name: str, labels: LabelMap, place: str | Path) -> int:
    """Return the id of an annotated class; DataError if the model does not know it."""
    class_id = labels.id_of(name)
    if class_id is None:
        raise DataError(
            f"{place}: class {name!r} is annotated, but the model knows only {', '.join(labels.names)}; "
            "evaluate on data of its classes"
        )
    return class_id
