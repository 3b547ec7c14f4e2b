"""One annotation and its image: everything that is wrong with them, and the boxes that can be used."""

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.dataset.defects import Defect, DefectKind
from sweepbox.detection.data.dataset.images import FORMATS, TURNED_ORIENTATIONS, ImageFacts, inspect_image
from sweepbox.detection.data.dataset.voc import VocAnnotation, VocFolder, VocObject, read_annotation
from sweepbox.detection.data.parallel import map_in_order

ASPECT_TOLERANCE = 0.01
"""An image whose shape differs from the stated one by more than this share was not merely resized."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame that an annotation's boxes refer to, in pixels.

    With `turn` the image's pixels have to be turned as its EXIF orientation says to fit the frame.
    """

    width: int
    height: int
    turn: bool


@dataclass(frozen=True, slots=True)
class UsableObject:
    """An object with its box clipped to the image: ymin, xmin, ymax, xmax, normalised."""

    source: VocObject
    box_yxyx: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Case:
    """What became of one annotation file: its parts as far as they could be read, usable objects, defects."""

    path: Path
    annotation: VocAnnotation | None
    image: Path | None
    facts: ImageFacts | None
    frame: Frame | None
    objects: tuple[UsableObject, ...]
    defects: tuple[Defect, ...]


def examine_case(folder: VocFolder, path: Path, label_map: LabelMap | None) -> Case:
    """Read one annotation and its image and check both; what is wrong is reported, never raised."""
    try:
        annotation = read_annotation(path)
    except DataError as error:
        return _lost(path, None, None, _broken(folder, DefectKind.MALFORMED_ANNOTATION, path, str(error)))
    image = folder.image_of(path, annotation.filename)
    if image is None:
        message = f"there is no image named {path.stem}.* or {annotation.filename or '(no filename stated)'}"
        return _lost(path, annotation, None, _broken(folder, DefectKind.IMAGE_MISSING, path, message))
    try:
        facts = inspect_image(image)
    except (DataError, OSError) as error:
        return _lost(path, annotation, image, _broken(folder, DefectKind.UNREADABLE_IMAGE, image, str(error)))
    frame, image_defects = check_image(folder, annotation, image, facts)
    objects, object_defects = check_objects(
        folder, annotation, frame or Frame(facts.width, facts.height, turn=False), label_map
    )
    return Case(path, annotation, image, facts, frame, objects, (*image_defects, *object_defects))


def examine_folder(
    folder: VocFolder, label_map: LabelMap | None, on_progress: Callable[[int, int], None] | None = None
) -> Iterator[Case]:
    """Yield the case of each annotation file, in order, examined by several threads a few files ahead.

    `on_progress` is called with the number of files done and their total.
    """
    paths = folder.annotations
    cases = map_in_order(lambda path: examine_case(folder, path, label_map), paths)
    for done, case in enumerate(cases, start=1):
        yield case
        if on_progress is not None:
            on_progress(done, len(paths))


def unannotated_images(folder: VocFolder, annotated: set[Path]) -> Iterator[Defect]:
    """Yield a defect for each image that is not in `annotated`."""
    for path in folder.images.values():
        if path not in annotated:
            message = "no annotation file belongs to it; it is left out"
            yield Defect(DefectKind.ANNOTATION_MISSING, name_in(folder, path), message, breaking=False)


def _broken(folder: VocFolder, kind: DefectKind, path: Path, message: str) -> Defect:
    return Defect(kind, name_in(folder, path), message.removeprefix(f"{path}: "), breaking=True)


def _lost(path: Path, annotation: VocAnnotation | None, image: Path | None, defect: Defect) -> Case:
    return Case(path, annotation, image, None, None, (), (defect,))


def name_in(folder: VocFolder, path: Path) -> str:
    """Return a file's path below the data set's folder, as reports show it."""
    return path.relative_to(folder.path).as_posix()


def check_image(
    folder: VocFolder, annotation: VocAnnotation, image: Path, facts: ImageFacts
) -> tuple[Frame | None, tuple[Defect, ...]]:
    """Return the frame of the boxes (None where it cannot be told) and what is wrong with the image.

    The size in the annotation decides what its boxes mean. If it is the image's stored size, they refer to
    the pixels as stored, whatever the EXIF orientation says. If it is that size with width and height swapped
    and the orientation swaps them too, they refer to the upright picture. If it has the same shape at another
    scale, the image was resized after it was annotated and the boxes scale along. Any other size contradicts
    the image.
    """
    defects = [*_check_name(folder, image, facts)]
    stated, stored = (annotation.width, annotation.height), (facts.width, facts.height)
    turned = facts.orientation in TURNED_ORIENTATIONS
    if None in stated or stated == stored:
        frame: Frame | None = Frame(*stored, turn=False)
    elif turned and stated == stored[::-1]:
        frame = Frame(*stored[::-1], turn=True)
    else:
        frame, defect = _check_shape(folder, annotation, stored)
        defects.append(defect)
    if facts.orientation != 1 and frame is not None:
        reading = "upright" if frame.turn else "as stored"
        message = (
            f"EXIF orientation {facts.orientation}; the annotation's size says that its boxes see it {reading}"
        )
        defects.append(Defect(DefectKind.TURNED_BY_EXIF, name_in(folder, image), message, breaking=False))
    return frame, tuple(defects)


def _check_name(folder: VocFolder, image: Path, facts: ImageFacts) -> list[Defect]:
    if image.suffix.lower() in FORMATS[facts.image_format]:
        return []
    message = f"the file is a {facts.image_format} image"
    return [Defect(DefectKind.FORMAT_CONTRADICTS_NAME, name_in(folder, image), message, breaking=False)]


def _check_shape(
    folder: VocFolder, annotation: VocAnnotation, stored: tuple[int, int]
) -> tuple[Frame | None, Defect]:
    """Judge a stated size that differs from the stored one."""
    width, height = annotation.width or 0, annotation.height or 0
    first, second = width * stored[1], height * stored[0]
    same_shape = abs(first - second) <= ASPECT_TOLERANCE * max(first, second)
    message = f"it states {width} x {height}, the image has {stored[0]} x {stored[1]}"
    if same_shape:
        message += " (same shape: the boxes are scaled along)"
    defect = Defect(
        DefectKind.SIZE_CONTRADICTS_IMAGE, name_in(folder, annotation.path), message, breaking=not same_shape
    )
    return (Frame(width, height, turn=False) if same_shape else None), defect


def check_objects(
    folder: VocFolder, annotation: VocAnnotation, frame: Frame, label_map: LabelMap | None
) -> tuple[tuple[UsableObject, ...], tuple[Defect, ...]]:
    """Return the objects that can be used, boxes clipped to the frame, and what is wrong with the others."""
    usable: list[UsableObject] = []
    defects: list[Defect] = []
    seen: dict[tuple[str, tuple[float, ...]], int] = {}
    for index, voc_object in enumerate(annotation.objects):
        found = _check_object(voc_object, frame, label_map)
        first = seen.setdefault((voc_object.name, voc_object.box_pixels), index)
        if first != index:
            found.append(
                (DefectKind.DUPLICATE_OBJECT, False, f"{voc_object.name} with the box of object {first}")
            )
        where = name_in(folder, annotation.path)
        defects += [
            Defect(kind, where, message, breaking=breaking, object_index=index)
            for kind, breaking, message in found
        ]
        if all(kind is DefectKind.BOX_OUTSIDE and not breaking for kind, breaking, _ in found):
            usable.append(UsableObject(voc_object, _normalised(voc_object, frame)))
    return tuple(usable), tuple(defects)


def _check_object(
    voc_object: VocObject, frame: Frame, label_map: LabelMap | None
) -> list[tuple[DefectKind, bool, str]]:
    """Return kind, severity and description of everything wrong with one object."""
    found = []
    if label_map is not None and label_map.id_of(voc_object.name) is None:
        found.append((DefectKind.UNKNOWN_CLASS, True, _unknown_class(voc_object.name, label_map)))
    xmin, ymin, xmax, ymax = voc_object.box_pixels
    box = f"{voc_object.name} x {xmin:g}..{xmax:g}, y {ymin:g}..{ymax:g}"
    if xmax < xmin or ymax < ymin:
        found.append((DefectKind.BOX_INVERTED, True, f"{box}: its end lies before its start"))
    elif xmax == xmin or ymax == ymin:
        found.append((DefectKind.BOX_EMPTY, True, f"{box}: it has no area"))
    elif xmin >= frame.width or ymin >= frame.height or xmax <= 0 or ymax <= 0:
        found.append((DefectKind.BOX_OUTSIDE, True, f"{box}: wholly outside of {frame.width} x {frame.height}"))
    elif xmin < 0 or ymin < 0 or xmax > frame.width or ymax > frame.height:
        found.append((DefectKind.BOX_OUTSIDE, False, f"{box}: reaches past {frame.width} x {frame.height}"))
    return found


def _unknown_class(name: str, label_map: LabelMap) -> str:
    near = difflib.get_close_matches(name, label_map.names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(label_map.names)}"
    return f"{name!r} is not in the label map; {hint}"


def _normalised(voc_object: VocObject, frame: Frame) -> tuple[float, float, float, float]:
    """Return the box clipped to the frame and divided by it: ymin, xmin, ymax, xmax in 0..1."""
    xmin, ymin, xmax, ymax = voc_object.box_pixels
    return (
        max(ymin, 0.0) / frame.height, max(xmin, 0.0) / frame.width,
        min(ymax, frame.height) / frame.height, min(xmax, frame.width) / frame.width,
    )  # fmt: skip
