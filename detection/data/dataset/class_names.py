"""Checks the class names of a whole data set: names that are nearly equal, classes that lose all objects."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.dataset.defects import Defect, DefectKind
from sweepbox.detection.data.dataset.voc_folder import VocFolder
from sweepbox.detection.data.similar_names import Difference, similar_name, similar_pairs


def similar_class_names(
    folder: VocFolder, counts: Mapping[str, int], places: Mapping[str, Path], label_map: LabelMap | None
) -> Iterator[Defect]:
    """Yield a defect for each pair of class names that probably mean one class.

    Names that differ in case, blanks and accents break training, because one class is learnt as two, unless a
    label map has both. Names that the label map lacks are reported as unknown, and not here.

    Args:
        folder: The data set.
        counts: The number of objects by class name.
        places: The first annotation file with each class.
        label_map: The classes, if they are known.
    """
    known = {
        name: count for name, count in counts.items() if label_map is None or label_map.id_of(name) is not None
    }
    for rarer, other, difference in similar_pairs(known):
        if label_map is not None and label_map.id_of(rarer) == label_map.id_of(other):
            continue
        message = (
            f"{rarer!r} ({counts[rarer]} objects) and {other!r} ({counts[other]} objects) differ "
            f"{difference.value}; give them one name if they are one class"
        )
        yield Defect(
            DefectKind.SIMILAR_CLASS_NAMES,
            places[rarer].relative_to(folder.path).as_posix(),
            message,
            breaking=label_map is None and difference is not Difference.LETTER,
        )


def check_classes(
    folder: Path, counts: Mapping[str, int], unknown: Mapping[str, int], label_map: LabelMap
) -> None:
    """Check that no class loses all of its objects to a name that differs from the label map's.

    Raises:
        DataError: A class of the label map has no object, and the annotations have a similar name that the
            label map lacks.
    """
    for name in label_map.names:
        written = None if counts.get(name) else similar_name(name, unknown)
        if written is not None:
            raise DataError(
                f"{folder}: no object has the class {name!r} of the label map, and {unknown[written]} have "
                f"{written!r}, which it lacks; give them one name in the annotations or in the label map"
            )
