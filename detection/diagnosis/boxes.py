"""The annotated boxes of a data set in arrays, without pixels."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.decoding import DECODING_ERRORS, open_image
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache.arrow.metadata import SUFFIX
from sweepbox.detection.data.cache.open import open_record_set
from sweepbox.detection.data.dataset.checks import ExaminedAnnotation
from sweepbox.detection.data.dataset.prepared import open_dataset
from sweepbox.detection.data.examples import Record
from sweepbox.detection.data.records import read_records

Box = Sequence[float]


class AnnotatedImage(NamedTuple):
    """Height and width of an image in pixels, and class name and normalised box (yxyx) of its objects."""

    height: int
    width: int
    objects: Sequence[tuple[str, Box]]


@dataclass(frozen=True, eq=False)
class AnnotatedBoxes:
    """The boxes of a data set.

    Attributes:
        names: The class names, the most frequent first.
        sizes: int64 `[images, 2]`, height and width of each image in pixels.
        boxes_yxyx: float64 `[boxes, 4]`, normalised to the image.
        classes: int64 `[boxes]`, positions in `names`.
        images: int64 `[boxes]`, rows of `sizes`, ascending.
    """

    names: tuple[str, ...]
    sizes: NDArray[np.int64]
    boxes_yxyx: NDArray[np.float64]
    classes: NDArray[np.int64]
    images: NDArray[np.int64]

    @classmethod
    def of(cls, images: Iterable[AnnotatedImage]) -> "AnnotatedBoxes":
        """Return the boxes of images; DataError if there is none."""
        sizes: list[tuple[int, int]] = []
        boxes: list[Box] = []
        names: list[str] = []
        rows: list[int] = []
        for row, image in enumerate(images):
            sizes.append((image.height, image.width))
            for name, box in image.objects:
                boxes.append(box)
                names.append(name)
                rows.append(row)
        if not boxes:
            raise DataError("the data have no object with a usable box; annotate some")
        order = [name for name, _ in sorted(Counter(names).items(), key=lambda item: (-item[1], item[0]))]
        positions = {name: index for index, name in enumerate(order)}
        return cls(
            names=tuple(order),
            sizes=np.array(sizes, np.int64),
            boxes_yxyx=np.array(boxes, np.float64),
            classes=np.array([positions[name] for name in names], np.int64),
            images=np.array(rows, np.int64),
        )

    def __len__(self) -> int:
        """Return the number of boxes."""
        return len(self.boxes_yxyx)

    @property
    def per_image(self) -> NDArray[np.int64]:
        """The number of boxes of each image, int64 `[images]`."""
        return np.bincount(self.images, minlength=len(self.sizes))

    @property
    def per_image_and_class(self) -> NDArray[np.int64]:
        """The number of boxes of each image and class, int64 `[images, classes]`."""
        shape = len(self.sizes), len(self.names)
        return np.bincount(self.images * shape[1] + self.classes, minlength=shape[0] * shape[1]).reshape(shape)

    def sample(self, most: int, *, seed: int = 0) -> "AnnotatedBoxes":
        """Return at most `most` boxes, drawn at random without replacement; the images stay."""
        if len(self) <= most:
            return self
        kept = np.sort(np.random.default_rng(seed).choice(len(self), most, replace=False))
        return replace(
            self, boxes_yxyx=self.boxes_yxyx[kept], classes=self.classes[kept], images=self.images[kept]
        )


def image_of_examined(examined: ExaminedAnnotation, label_map: LabelMap | None) -> AnnotatedImage | None:
    """Return an image of a Pascal VOC data set with its usable objects; None if it cannot be read."""
    if examined.metadata is None:
        return None
    size = examined.frame or examined.metadata
    objects = [(_shown(found.source.name, label_map), found.box_yxyx) for found in examined.objects]
    return AnnotatedImage(size.height, size.width, objects)


def boxes_of_records(folder: Path, *, most_images: int | None = None) -> AnnotatedBoxes:
    """Return the boxes of training and validation records; a part kept for tests is not read.

    Args:
        folder: A folder that `prepare` wrote.
        most_images: Read only the first images of each part.

    Raises:
        DataError: Records are missing or damaged, or have no object.
    """
    dataset = open_dataset(folder)
    parts = (dataset.train, dataset.validation)
    images = (image for part in parts for image in _images_of(part, dataset.label_map, most_images))
    return AnnotatedBoxes.of(images)


def _images_of(paths: Sequence[Path], label_map: LabelMap, most_images: int | None) -> Iterator[AnnotatedImage]:
    """Yield the images of record files, or of a file of decoded images."""
    if any(path.suffix == SUFFIX for path in paths):
        records = open_record_set(paths, label_map)
        for index in range(min(len(records), most_images or len(records))):
            height, width = records.original_sizes[index].tolist()
            truth = records.ground_truth(index)
            yield _image(height, width, truth.class_ids, truth.boxes_yxyx, label_map)
        return
    for index, record in enumerate(read_records(paths, label_map)):
        if most_images is not None and index >= most_images:
            return
        truth = record.ground_truth
        yield _image(*_size_of(record), truth.class_ids, truth.boxes_yxyx, label_map)


def _size_of(record: Record) -> tuple[int, int]:
    """Return height and width of a record's image, from the image where the record does not state them."""
    if record.height > 1 and record.width > 1:
        return record.height, record.width
    try:
        with open_image(record.encoded) as image:
            return int(image.height), int(image.width)
    except DECODING_ERRORS as error:
        raise DataError(f"{record.filename}: the image cannot be read ({error})") from error


def _image(
    height: int,
    width: int,
    class_ids: NDArray[np.int64],
    boxes_yxyx: NDArray[np.float32],
    label_map: LabelMap,
) -> AnnotatedImage:
    """Return an image with its boxes clipped to it; those without an area are left out."""
    clipped = np.clip(boxes_yxyx, 0.0, 1.0)
    has_area = np.isfinite(boxes_yxyx).all(axis=1) & (clipped[:, 2:] > clipped[:, :2]).all(axis=1)
    objects = [
        (label_map.name_of(class_id), box)
        for class_id, box in zip(class_ids[has_area].tolist(), clipped[has_area].tolist(), strict=True)
    ]
    return AnnotatedImage(height, width, objects)


def _shown(name: str, label_map: LabelMap | None) -> str:
    """Return the name of a class in reports."""
    class_id = None if label_map is None else label_map.id_of(name)
    return name if label_map is None or class_id is None else label_map.name_of(class_id)
