"""Examines a data set: its contents and all its defects."""

from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.dataset.checks import (
    ExaminedAnnotation,
    examine_folder,
    relative_name,
    unannotated_images,
)
from sweepbox.detection.data.dataset.class_names import similar_class_names
from sweepbox.detection.data.dataset.defects import Defect, DefectKind
from sweepbox.detection.data.dataset.voc_folder import VocFolder, find_voc

SMALL_SIDE_PIXELS = 32.0
"""Boxes of less area than a square of this side are small, as in the COCO metrics."""


@dataclass(frozen=True)
class Sizes:
    """Minimum, median and maximum of lengths in pixels."""

    min: float
    median: float
    max: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Sizes | None":
        """Return the sizes of `values`; None if there are none."""
        if not values:
            return None
        return cls(float(min(values)), float(np.median(np.asarray(values))), float(max(values)))


@dataclass(frozen=True)
class BoxSizes:
    """Boxes of a class: width, height, side of the square of equal area, and the fraction of small boxes."""

    width: Sizes
    height: Sizes
    side: Sizes
    small_share: float


@dataclass(frozen=True)
class DoctorReport:
    """The contents and defects of a data set.

    Attributes:
        folder: The folder of the data set.
        annotations: The number of annotation files.
        images: The number of images.
        class_counts: The number of annotated objects of each class, the most frequent first.
        class_images: The number of annotations with an object of each class, in the same order; a class in
            fewer than three images cannot be in a training, a validation and a test part.
        box_sizes: The sizes of boxes with an area, by class.
        image_width: The widths of the images, None without images.
        image_height: The heights of the images, None without images.
        images_without_objects: The number of annotations without objects.
        label_map: The classes that names were checked against, None if there was no label map.
        defects: All defects.
    """

    folder: str
    annotations: int
    images: int
    class_counts: Mapping[str, int]
    class_images: Mapping[str, int]
    box_sizes: Mapping[str, BoxSizes]
    image_width: Sizes | None
    image_height: Sizes | None
    images_without_objects: int
    label_map: LabelMap | None
    defects: tuple[Defect, ...]

    @property
    def breaks_training(self) -> bool:
        """Whether a defect would break training on the unchanged data."""
        return any(defect.breaking for defect in self.defects)

    def to_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        return {
            "folder": self.folder,
            "annotations": self.annotations,
            "images": self.images,
            "objects": sum(self.class_counts.values()),
            "class_counts": dict(self.class_counts),
            "class_images": dict(self.class_images),
            "box_sizes": {name: asdict(sizes) for name, sizes in self.box_sizes.items()},
            "image_width": asdict(self.image_width) if self.image_width else None,
            "image_height": asdict(self.image_height) if self.image_height else None,
            "images_without_objects": self.images_without_objects,
            "classes_known": list(self.label_map.names) if self.label_map else None,
            "breaks_training": self.breaks_training,
            "defect_counts": dict(Counter(defect.kind.value for defect in self.defects)),
            "defects": [defect.to_json() for defect in self.defects],
        }


def examine(
    folder: Path,
    *,
    label_map: LabelMap | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_examined: Callable[[ExaminedAnnotation], None] | None = None,
) -> DoctorReport:
    """Examine every file of the Pascal VOC data set in `folder`; every image is decoded once.

    Args:
        folder: The data set.
        label_map: The classes; by default the folder's own `label_map.pbtxt`, if it has one.
        on_progress: Called with the number of annotation files done and their total.
        on_examined: Called with the result for each annotation file, in order.

    Returns:
        The report, with all defects.

    Raises:
        DataError: There are no annotations or no images.
    """
    voc = find_voc(folder)
    own_map = folder / "label_map.pbtxt"
    if label_map is None and own_map.is_file():
        label_map = load_label_map(own_map)
    findings = _Findings(voc)
    for examined in examine_folder(voc, label_map, on_progress):
        findings.add(examined)
        if on_examined is not None:
            on_examined(examined)
    return findings.report(folder, label_map)


@dataclass
class _Boxes:
    """Widths and heights of the boxes of one class, in pixels, in packed arrays: there may be millions."""

    widths: "array[float]" = field(default_factory=lambda: array("f"))
    heights: "array[float]" = field(default_factory=lambda: array("f"))

    def sizes(self) -> BoxSizes:
        """Return the distribution of the sizes."""
        sides = np.sqrt(np.asarray(self.widths, np.float64) * np.asarray(self.heights, np.float64))
        width, height, side = Sizes.of(self.widths), Sizes.of(self.heights), Sizes.of(sides.tolist())
        if width is None or height is None or side is None:
            raise ValueError("there are no boxes to describe")
        return BoxSizes(width, height, side, float((sides < SMALL_SIDE_PIXELS).mean()))


@dataclass
class _Findings:
    """The results so far."""

    voc: VocFolder
    counts: Counter[str] = field(default_factory=Counter)
    images_with: Counter[str] = field(default_factory=Counter)
    boxes: dict[str, _Boxes] = field(default_factory=dict)
    widths: "array[int]" = field(default_factory=lambda: array("l"))
    heights: "array[int]" = field(default_factory=lambda: array("l"))
    without_objects: int = 0
    annotated: dict[Path, Path] = field(default_factory=dict)
    first_of_hash: dict[str, Path] = field(default_factory=dict)
    defects: list[Defect] = field(default_factory=list)
    class_places: dict[str, Path] = field(default_factory=dict)

    def add(self, examined: ExaminedAnnotation) -> None:
        """Add one annotation and its image."""
        self.defects += examined.defects
        if examined.annotation is not None:
            self._count_objects(examined)
        if examined.image is None:
            return
        first = self.annotated.setdefault(examined.image, examined.path)
        if first != examined.path:
            message = (
                f"it belongs to {relative_name(self.voc, examined.image)} like {relative_name(self.voc, first)}"
            )
            self._add_defect(DefectKind.SECOND_ANNOTATION, examined.path, message, breaking=True)
        elif examined.metadata is not None:
            self.widths.append(examined.metadata.width)
            self.heights.append(examined.metadata.height)
            original = self.first_of_hash.setdefault(examined.metadata.sha256, examined.image)
            if original != examined.image:
                message = f"same bytes as {relative_name(self.voc, original)}"
                self._add_defect(DefectKind.DUPLICATE_IMAGE, examined.image, message, breaking=False)

    def _add_defect(self, kind: DefectKind, path: Path, message: str, *, breaking: bool) -> None:
        self.defects.append(Defect(kind, relative_name(self.voc, path), message, breaking=breaking))

    def _count_objects(self, examined: ExaminedAnnotation) -> None:
        objects = examined.annotation.objects if examined.annotation is not None else ()
        self.without_objects += not objects
        self.images_with.update({voc_object.name for voc_object in objects})
        for voc_object in objects:
            self.counts[voc_object.name] += 1
            self.class_places.setdefault(voc_object.name, examined.path)
            xmin, ymin, xmax, ymax = voc_object.box_pixels
            if xmax > xmin and ymax > ymin:
                boxes = self.boxes.setdefault(voc_object.name, _Boxes())
                boxes.widths.append(xmax - xmin)
                boxes.heights.append(ymax - ymin)

    def report(self, folder: Path, label_map: LabelMap | None) -> DoctorReport:
        """Return the report of all annotations added."""
        counts = dict(sorted(self.counts.items(), key=lambda item: (-item[1], item[0])))
        return DoctorReport(
            folder=str(folder),
            annotations=len(self.voc.annotations),
            images=len(self.voc.images),
            class_counts=counts,
            class_images={name: self.images_with[name] for name in counts},
            box_sizes={name: self.boxes[name].sizes() for name in counts if name in self.boxes},
            image_width=Sizes.of(self.widths),
            image_height=Sizes.of(self.heights),
            images_without_objects=self.without_objects,
            label_map=label_map,
            defects=(
                *self.defects,
                *unannotated_images(self.voc, set(self.annotated)),
                *similar_class_names(self.voc, self.counts, self.class_places, label_map),
            ),
        )
