"""What a draft needs to know of a data set: how many images, which classes, how large the objects."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sweepbox.detection.config.label_map import LABEL_MAP_FILE, load_label_map
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache.arrow.metadata import SUFFIX
from sweepbox.detection.data.cache.open import open_record_set
from sweepbox.detection.data.dataset.checks import examine_folder
from sweepbox.detection.data.dataset.prepared import is_prepared, open_dataset
from sweepbox.detection.data.dataset.voc_folder import find_voc
from sweepbox.detection.data.records import read_records

Side = float
"""The side of the square that covers the same fraction of the image as a box, from 0 to 1."""


@dataclass(frozen=True)
class DataProfile:
    """A data set in figures.

    Attributes:
        train_images: The number of images to train on.
        validation_images: The number of images to evaluate.
        class_counts: The number of objects of each class, the most frequent first.
        median_side: The median over all objects of the side of a square of equal area, relative to the image.
        large_side: The side that nine of ten objects do not exceed.
    """

    train_images: int
    validation_images: int
    class_counts: Mapping[str, int]
    median_side: float
    large_side: float

    @classmethod
    def of(cls, *, train: int, validation: int, names: Iterable[str], sides: Sequence[Side]) -> "DataProfile":
        """Return the profile of objects with these classes and sides; DataError without an object."""
        if not sides:
            raise DataError("the data have no object; annotate some")
        counts = sorted(Counter(names).items(), key=lambda item: (-item[1], item[0]))
        median, large = np.quantile(np.asarray(sides, np.float64), (0.5, 0.9))
        return cls(train, validation, dict(counts), float(median), float(large))


def profile_data(
    folder: Path,
    *,
    validation_fraction: float,
    test_fraction: float,
    on_progress: Callable[[int, int], None] | None = None,
) -> DataProfile:
    """Return the profile of annotated photographs or prepared records; nothing is written.

    Args:
        folder: The data.
        validation_fraction: The fraction of photographs that a sweep will set apart for validation.
        test_fraction: The fraction that it will set apart for the final test.
        on_progress: Called with the number of annotations read and their total.

    Raises:
        DataError: There are no data, or a defect would break training.
    """
    if is_prepared(folder):
        return _profile_records(folder)
    return _profile_photographs(folder, validation_fraction, test_fraction, on_progress)


def _profile_photographs(
    folder: Path,
    validation_fraction: float,
    test_fraction: float,
    on_progress: Callable[[int, int], None] | None,
) -> DataProfile:
    own_map = folder / LABEL_MAP_FILE
    label_map = load_label_map(own_map) if own_map.is_file() else None
    images, names, sides = 0, [], []
    breaking: list[str] = []
    for examined in examine_folder(find_voc(folder), label_map, on_progress):
        images += 1
        if examined.image is None or examined.metadata is None or examined.frame is None:
            breaking += [str(defect) for defect in examined.defects if defect.breaking]
        for found in examined.objects:
            names.append(_shown(found.source.name, label_map))
            sides.append(_side(found.box_yxyx))
    if breaking:
        raise DataError(
            f"{folder}: defects would break training ({len(breaking)}), the first: {breaking[0]}\n"
            f"`sweepbox doctor {folder}` lists all defects"
        )
    validation = max(round(images * validation_fraction), 1)
    train = max(images - validation - round(images * test_fraction), 1)
    return DataProfile.of(train=train, validation=validation, names=names, sides=sides)


def _shown(name: str, label_map: LabelMap | None) -> str:
    """Return the name of a class in reports."""
    class_id = None if label_map is None else label_map.id_of(name)
    return name if label_map is None or class_id is None else dict(label_map.items)[class_id]


def _profile_records(folder: Path) -> DataProfile:
    dataset = open_dataset(folder)
    names: list[str] = []
    sides: list[Side] = []
    counts = []
    for paths in (dataset.train, dataset.validation):
        images = 0
        for objects in _objects(paths, dataset.label_map):
            images += 1
            names += [name for name, _ in objects]
            sides += [side for _, side in objects]
        counts.append(images)
    return DataProfile.of(train=counts[0], validation=counts[1], names=names, sides=sides)


def _objects(paths: Sequence[Path], label_map: LabelMap) -> Iterator[list[tuple[str, Side]]]:
    """Yield class and side of the objects of each image."""
    if any(path.suffix == SUFFIX for path in paths):
        records = open_record_set(paths, label_map)
        truths = (records.ground_truth(index) for index in range(len(records)))
    else:
        truths = (record.ground_truth for record in read_records(paths, label_map))
    shown = dict(label_map.items)
    for truth in truths:
        yield [
            (shown[int(class_id)], _side(box))
            for class_id, box in zip(truth.class_ids, truth.boxes_yxyx, strict=True)
        ]


def _side(box_yxyx: Sequence[float]) -> Side:
    ymin, xmin, ymax, xmax = (float(value) for value in box_yxyx)
    return float(np.sqrt(max(ymax - ymin, 0.0) * max(xmax - xmin, 0.0)))
