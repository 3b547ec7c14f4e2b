"""Plans a prepared data set: the usable images, and the boxes and files that are changed or left out."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.dataset.checks import (
    ExaminedAnnotation,
    examine_folder,
    relative_name,
    unannotated_images,
)
from sweepbox.detection.data.dataset.class_names import check_classes, similar_class_names
from sweepbox.detection.data.dataset.defects import Defect, DefectKind
from sweepbox.detection.data.dataset.frames import Frame
from sweepbox.detection.data.dataset.images import ImageMetadata
from sweepbox.detection.data.dataset.voc_folder import VocFolder

MAX_LISTED = 10


@dataclass(frozen=True, slots=True)
class PlannedImage:
    """One image to be written: files, unique name, size, frame, hash of its bytes, number of objects by class.

    `is_unchanged` means that the bytes of the file are written to the record unchanged.
    """

    annotation: Path
    image: Path
    name: str
    width: int
    height: int
    frame: Frame
    sha256: str
    is_unchanged: bool
    class_counts: tuple[tuple[str, int], ...]


@dataclass
class Plan:
    """The images to write, and the defects by their consequence; one entry in `dropped` is one dropped box.

    `class_places` has the first annotation of each annotated class, `unknown_classes` the number of objects of
    each class that the label map lacks.
    """

    images: list[PlannedImage] = field(default_factory=list)
    clipped: list[Defect] = field(default_factory=list)
    dropped: list[Defect] = field(default_factory=list)
    left_out: list[Defect] = field(default_factory=list)
    notes: list[Defect] = field(default_factory=list)
    class_places: dict[str, Path] = field(default_factory=dict)
    unknown_classes: Counter[str] = field(default_factory=Counter)

    def class_counts(self) -> Counter[str]:
        """Return the number of usable objects by class."""
        counts: Counter[str] = Counter()
        for planned in self.images:
            counts.update(dict(planned.class_counts))
        return counts


def plan_dataset(
    folder: VocFolder,
    label_map: LabelMap | None,
    *,
    skip_damaged: bool,
    on_progress: Callable[[int, int], None] | None = None,
) -> Plan:
    """Examine every file of a data set and return what can be written.

    Raises:
        DataError: Files are damaged or contradict each other, and `skip_damaged` is not set; or no usable
            object is left.
    """
    plan, annotated = Plan(), set[Path]()
    for examined in examine_folder(folder, label_map, on_progress):
        if examined.image is not None and examined.image in annotated:
            message = f"it belongs to {examined.image.name} like another one"
            where = relative_name(folder, examined.path)
            plan.left_out.append(Defect(DefectKind.SECOND_ANNOTATION, where, message, breaking=True))
            continue
        if examined.image is not None:
            annotated.add(examined.image)
        _add(plan, folder, examined, label_map)
        _count_classes(plan, examined, label_map)
    if plan.left_out and not skip_damaged:
        raise DataError(_damage(plan.left_out))
    plan.left_out += unannotated_images(folder, annotated)
    counts = plan.class_counts()
    plan.notes += similar_class_names(folder, counts, plan.class_places, label_map)
    if not counts:
        reason = f": {plan.dropped[0]}" if plan.dropped else ""
        raise DataError(f"{folder.path}: no usable object in {len(folder.annotations)} annotations{reason}")
    if label_map is not None:
        check_classes(folder.path, counts, plan.unknown_classes, label_map)
    return plan


def _add(plan: Plan, folder: VocFolder, examined: ExaminedAnnotation, label_map: LabelMap | None) -> None:
    """Add one examined annotation to the plan."""
    of_objects: dict[int, list[Defect]] = {}
    for defect in examined.defects:
        if defect.object_index is not None:
            of_objects.setdefault(defect.object_index, []).append(defect)
    if examined.metadata is None or examined.frame is None or examined.image is None:
        plan.left_out += [
            defect for defect in examined.defects if defect.object_index is None and defect.breaking
        ]
        return
    plan.notes += [defect for defect in examined.defects if defect.object_index is None]
    for defects in of_objects.values():
        clipped = all(defect.kind is DefectKind.BOX_OUTSIDE and not defect.breaking for defect in defects)
        (plan.clipped if clipped else plan.dropped).append(defects[0])
    name = folder.names[examined.image]
    plan.images.append(
        _planned_image(examined, examined.image, examined.metadata, examined.frame, label_map, name=name)
    )


def _count_classes(plan: Plan, examined: ExaminedAnnotation, label_map: LabelMap | None) -> None:
    """Note where each class is annotated first, and count the objects that the label map has no class for."""
    for voc_object in examined.annotation.objects if examined.annotation is not None else ():
        plan.class_places.setdefault(_display_name(voc_object.name, label_map), examined.path)
        if label_map is not None and label_map.id_of(voc_object.name) is None:
            plan.unknown_classes[voc_object.name] += 1


def _planned_image(
    examined: ExaminedAnnotation,
    image: Path,
    metadata: ImageMetadata,
    frame: Frame,
    label_map: LabelMap | None,
    *,
    name: str,
) -> PlannedImage:
    """Return a complete annotation as an image to be written; classes have their display names."""
    stored = (metadata.width, metadata.height)
    width, height = stored[::-1] if frame.turn else stored
    names = Counter(_display_name(usable.source.name, label_map) for usable in examined.objects)
    return PlannedImage(
        annotation=examined.path,
        image=image,
        name=name,
        width=width,
        height=height,
        frame=frame,
        sha256=metadata.sha256,
        is_unchanged=metadata.decodes_everywhere and not frame.turn,
        class_counts=tuple(sorted(names.items())),
    )


def _display_name(annotated: str, label_map: LabelMap | None) -> str:
    """Return the display name of an annotated class; without a label map, the same name."""
    class_id = label_map.id_of(annotated) if label_map is not None else None
    return annotated if label_map is None or class_id is None else label_map.name_of(class_id)


def _damage(defects: list[Defect]) -> str:
    """Return the message about damaged files, one line each."""
    more = [f"… and {len(defects) - MAX_LISTED} more"] if len(defects) > MAX_LISTED else []
    head = (
        f"{len(defects)} files cannot be used; repair or remove them, or leave them out with --skip-damaged "
        "(`sweepbox doctor` lists everything):"
    )
    return "\n".join([head, *(f"  {defect}" for defect in defects[:MAX_LISTED]), *more])
