"""Annotated photographs from a Pascal VOC folder or from TFRecords, with the objects of a model's classes."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.limits import IMAGE_BYTES
from sweepbox.detection.core.regular_files import read_regular
from sweepbox.detection.data.dataset.splits import TEST, VALIDATION
from sweepbox.detection.data.dropped import Dropped, DropReason, without_unusable_boxes
from sweepbox.detection.data.pixels import decode_pixels
from sweepbox.detection.inference.images import read_image

if TYPE_CHECKING:
    from sweepbox.detection.data.dataset.checks import ExaminedAnnotation

VOC_FOLDERS = ("annotations",)
"""Lower-case names of subfolders that mark a Pascal VOC folder; so does an XML file in it."""


@dataclass(frozen=True, eq=False)
class AnnotatedImage:
    """One image with its objects; `pixels` is uint8 RGB `[height, width, 3]`.

    `dropped` counts the annotated objects that `ground_truth` has not.
    """

    name: str
    pixels: NDArray[np.uint8]
    ground_truth: GroundTruth
    dropped: Dropped = field(default_factory=Counter)


def annotated_images(data: str | Path, labels: LabelMap, *, split: str) -> Iterator[AnnotatedImage]:
    """Yield the annotated images of `data`; see `evaluate_model`."""
    from sweepbox.detection.data.dataset.remote import local_data

    path = local_data(data)
    if path.is_dir() and _is_voc(path):
        return _voc_images(path, labels)
    if path.is_dir():
        _check_test_part(path, split)
    return _record_images(path, labels, split=split if path.is_dir() else None)


def _check_test_part(folder: Path, split: str) -> None:
    """Raise DataError where the test part is asked for and a prepared folder has none."""
    from sweepbox.detection.data.records import has_records

    if split == TEST and has_records(folder, VALIDATION) and not has_records(folder, TEST):
        raise DataError(
            f"{folder}: has no test part; prepare the data again with --test-fraction, or evaluate another "
            "--split"
        )


def _is_voc(folder: Path) -> bool:
    """Return whether a folder is a Pascal VOC folder: by its own entries, or else by those of subfolders."""
    from sweepbox.detection.data.dataset.voc_folder import has_annotations

    children = list(folder.iterdir())
    if any(child.name.lower() in VOC_FOLDERS or child.suffix.lower() == ".xml" for child in children):
        return True
    holds_records = any(".tfrecord" in child.name or ".record" in child.name for child in children)
    return not holds_records and has_annotations(folder)


def _voc_images(folder: Path, labels: LabelMap) -> Iterator[AnnotatedImage]:
    """Yield the images of a Pascal VOC folder; boxes that `prepare` drops are dropped here too."""
    from sweepbox.detection.data.dataset.checks import examine_folder
    from sweepbox.detection.data.dataset.voc_folder import find_voc

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
        pixels = _pixels(examined.image, turn=examined.frame.turn)
        yield AnnotatedImage(examined.image.name, pixels, truth, _dropped(examined))


def _dropped(examined: "ExaminedAnnotation") -> Dropped:
    """Return the number of annotated objects whose box cannot be used."""
    from sweepbox.detection.data.dataset.defects import DefectKind

    objects = examined.annotation.objects if examined.annotation is not None else ()
    dropped: Dropped = Counter()
    for defect in examined.defects:
        if defect.breaking and defect.object_index is not None:
            is_outside = defect.kind is DefectKind.BOX_OUTSIDE
            reason = DropReason.OUTSIDE if is_outside else DropReason.EMPTY
            dropped[reason, objects[defect.object_index].name] += 1
    return dropped


def _pixels(path: Path, *, turn: bool) -> NDArray[np.uint8]:
    """Return an image's pixels as training decodes them, or rotated by its EXIF orientation."""
    return read_image(path, upright=True) if turn else decode_pixels(read_regular(path, IMAGE_BYTES), str(path))


def _record_images(source: str | Path, labels: LabelMap, *, split: str | None) -> Iterator[AnnotatedImage]:
    """Yield the images of TFRecords, without objects whose box is not usable."""
    from sweepbox.detection.data.records import find_records, read_records

    for number, record in enumerate(read_records(find_records(source, split), labels)):
        name = record.filename or record.source_id or f"image {number}"
        _check_classes(record.dropped, labels, name)
        pixels = decode_pixels(record.encoded, name)
        usable = without_unusable_boxes(record, labels)
        yield AnnotatedImage(name, pixels, usable.ground_truth, usable.dropped)


def _check_classes(dropped: Dropped, labels: LabelMap, place: str) -> None:
    """Raise DataError for an object whose class the model does not know."""
    for reason, name in sorted(dropped, key=lambda key: key[1]):
        if reason in (DropReason.UNKNOWN_NAME, DropReason.UNKNOWN_NUMBER):
            _known_id(f"id {name}" if reason is DropReason.UNKNOWN_NUMBER else name, labels, place)


def _known_id(name: str, labels: LabelMap, place: str | Path) -> int:
    """Return the id of an annotated class; DataError if the model does not know it."""
    class_id = labels.id_of(name)
    if class_id is None:
        raise DataError(
            f"{place}: class {name!r} is annotated, but the model knows only {', '.join(labels.names)}; "
            "evaluate on data of its classes"
        )
    return class_id
