"""Checks one annotation and its image: all defects, and the boxes that can be used."""

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.dataset.defects import Defect, DefectKind
from sweepbox.detection.data.dataset.frames import Frame, check_frame
from sweepbox.detection.data.dataset.images import FORMATS, ImageMetadata, inspect_image
from sweepbox.detection.data.dataset.voc import VocAnnotation, VocObject, read_annotation
from sweepbox.detection.data.dataset.voc_folder import VocFolder
from sweepbox.detection.data.parallel import map_in_order


@dataclass(frozen=True, slots=True)
class UsableObject:
    """An object with its box clipped to the image: ymin, xmin, ymax, xmax, normalised."""

    source: VocObject
    box_yxyx: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class ExaminedAnnotation:
    """The result of checking one annotation file: the parts that could be read, usable objects, defects."""

    path: Path
    annotation: VocAnnotation | None
    image: Path | None
    metadata: ImageMetadata | None
    frame: Frame | None
    objects: tuple[UsableObject, ...]
    defects: tuple[Defect, ...]


def examine_annotation(folder: VocFolder, path: Path, label_map: LabelMap | None) -> ExaminedAnnotation:
    """Read and check one annotation and its image; defects are returned, not raised."""
    try:
        annotation = read_annotation(path)
    except DataError as error:
        return _unusable(path, None, None, _broken(folder, DefectKind.MALFORMED_ANNOTATION, path, str(error)))
    image = folder.image_of(path, annotation.filename)
    if image is None:
        message = _no_image(folder, path, annotation.filename)
        return _unusable(path, annotation, None, _broken(folder, DefectKind.IMAGE_MISSING, path, message))
    try:
        metadata = inspect_image(image)
    except (DataError, OSError) as error:
        return _unusable(
            path, annotation, image, _broken(folder, DefectKind.UNREADABLE_IMAGE, image, str(error))
        )
    frame, image_defects = check_image(folder, annotation, image, metadata)
    objects, object_defects = check_objects(
        folder, annotation, frame or Frame(metadata.width, metadata.height, turn=False), label_map
    )
    return ExaminedAnnotation(
        path, annotation, image, metadata, frame, objects, (*image_defects, *object_defects)
    )


def examine_folder(
    folder: VocFolder, label_map: LabelMap | None, on_progress: Callable[[int, int], None] | None = None
) -> Iterator[ExaminedAnnotation]:
    """Yield the result for each annotation file, in order; threads examine a few files ahead.

    `on_progress` is called with the number of files done and their total.
    """
    paths = folder.annotations
    cases = map_in_order(lambda path: examine_annotation(folder, path, label_map), paths)
    for done, examined in enumerate(cases, start=1):
        yield examined
        if on_progress is not None:
            on_progress(done, len(paths))


def unannotated_images(folder: VocFolder, annotated: set[Path]) -> Iterator[Defect]:
    """Yield a defect for each image that is not in `annotated`."""
    for path in folder.images.values():
        if path not in annotated:
            message = "no annotation file belongs to it; it is left out"
            yield Defect(DefectKind.ANNOTATION_MISSING, relative_name(folder, path), message, breaking=False)


def _broken(folder: VocFolder, kind: DefectKind, path: Path, message: str) -> Defect:
    return Defect(kind, relative_name(folder, path), message.removeprefix(f"{path}: "), breaking=True)


def _unusable(
    path: Path, annotation: VocAnnotation | None, image: Path | None, defect: Defect
) -> ExaminedAnnotation:
    return ExaminedAnnotation(path, annotation, image, None, None, (), (defect,))


def relative_name(folder: VocFolder, path: Path) -> str:
    """Return a file's path relative to the data set's folder, for reports."""
    return path.relative_to(folder.path).as_posix()


def check_image(
    folder: VocFolder, annotation: VocAnnotation, image: Path, metadata: ImageMetadata
) -> tuple[Frame | None, tuple[Defect, ...]]:
    """Return the frame of the boxes (None if it is unknown) and the defects of the image; see `frames`."""
    frame, found = check_frame(annotation, metadata)
    places = {DefectKind.SIZE_CONTRADICTS_IMAGE: annotation.path}
    return frame, (
        *_check_name(folder, image, metadata),
        *(
            Defect(kind, relative_name(folder, places.get(kind, image)), message, breaking=breaking)
            for kind, breaking, message in found
        ),
    )


def _check_name(folder: VocFolder, image: Path, metadata: ImageMetadata) -> list[Defect]:
    if image.suffix.lower() in FORMATS[metadata.image_format]:
        return []
    message = f"the file is a {metadata.image_format} image"
    return [Defect(DefectKind.FORMAT_CONTRADICTS_NAME, relative_name(folder, image), message, breaking=False)]


def _no_image(folder: VocFolder, path: Path, filename: str) -> str:
    """Return why no image belongs to an annotation."""
    several = folder.candidates(path, filename)
    if several:
        names = ", ".join(relative_name(folder, image) for image in several[:3])
        return f"{len(several)} images have its name ({names}); put the annotation beside its image"
    return f"there is no image named {path.stem}.* or {filename or '(no filename stated)'}"


def check_objects(
    folder: VocFolder, annotation: VocAnnotation, frame: Frame, label_map: LabelMap | None
) -> tuple[tuple[UsableObject, ...], tuple[Defect, ...]]:
    """Return the usable objects, with boxes clipped to the frame, and the defects."""
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
        where = relative_name(folder, annotation.path)
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
    """Return kind, severity and description of all defects of one object."""
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
