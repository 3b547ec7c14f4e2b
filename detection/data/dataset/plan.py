"""What goes into a prepared data set: the pictures that can be used, and what is lost or changed on the way."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.dataset.checks import Case, Frame, examine_folder, name_in, unannotated_images
from sweepbox.detection.data.dataset.defects import Defect, DefectKind
from sweepbox.detection.data.dataset.images import ImageFacts
from sweepbox.detection.data.dataset.voc import VocFolder

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture to be written: its files, size, frame, hash of its bytes and number of objects by class.

    `as_it_is` tells that the bytes of the file go into the record unchanged.
    """

    annotation: Path
    image: Path
    width: int
    height: int
    frame: Frame
    sha256: str
    as_it_is: bool
    class_counts: tuple[tuple[str, int], ...]


@dataclass
class Plan:
    """The pictures to write and the defects by what they lead to; one entry in `dropped` is one box lost."""

    pictures: list[Picture] = field(default_factory=list)
    clipped: list[Defect] = field(default_factory=list)
    dropped: list[Defect] = field(default_factory=list)
    left_out: list[Defect] = field(default_factory=list)
    notes: list[Defect] = field(default_factory=list)

    def class_counts(self) -> Counter[str]:
        """Return the number of usable objects by class."""
        counts: Counter[str] = Counter()
        for picture in self.pictures:
            counts.update(dict(picture.class_counts))
        return counts


def plan_dataset(
    folder: VocFolder,
    label_map: LabelMap | None,
    *,
    skip_damaged: bool,
    on_progress: Callable[[int, int], None] | None = None,
) -> Plan:
    """Examine every file of a data set and return what can be written.

    DataError lists the files that are damaged or contradict each other, unless `skip_damaged` leaves them
    out; and is raised where no usable object is left.
    """
    plan, annotated = Plan(), set[Path]()
    for case in examine_folder(folder, label_map, on_progress):
        if case.image is not None and case.image in annotated:
            message = f"it belongs to {case.image.name} like another one"
            where = name_in(folder, case.path)
            plan.left_out.append(Defect(DefectKind.SECOND_ANNOTATION, where, message, breaking=True))
            continue
        if case.image is not None:
            annotated.add(case.image)
        _take(plan, case, label_map)
    if plan.left_out and not skip_damaged:
        raise DataError(_damage(plan.left_out))
    plan.left_out += unannotated_images(folder, annotated)
    if not plan.class_counts():
        reason = f": {plan.dropped[0]}" if plan.dropped else ""
        raise DataError(f"{folder.path}: no usable object in {len(folder.annotations)} annotations{reason}")
    return plan


def _take(plan: Plan, case: Case, label_map: LabelMap | None) -> None:
    """Enter one case into the plan."""
    of_objects: dict[int, list[Defect]] = {}
    for defect in case.defects:
        if defect.object_index is not None:
            of_objects.setdefault(defect.object_index, []).append(defect)
    if case.facts is None or case.frame is None or case.image is None:
        plan.left_out += [defect for defect in case.defects if defect.object_index is None and defect.breaking]
        return
    plan.notes += [defect for defect in case.defects if defect.object_index is None]
    for defects in of_objects.values():
        clipped = all(defect.kind is DefectKind.BOX_OUTSIDE and not defect.breaking for defect in defects)
        fate = plan.clipped if clipped else plan.dropped
        fate.append(defects[0])
    plan.pictures.append(_picture(case, case.image, case.facts, case.frame, label_map))


def _picture(case: Case, image: Path, facts: ImageFacts, frame: Frame, label_map: LabelMap | None) -> Picture:
    """Return a case whose parts are all there as a picture to be written; classes go by their shown names."""
    stored = (facts.width, facts.height)
    width, height = stored[::-1] if frame.turn else stored
    names = Counter(_shown_name(usable.source.name, label_map) for usable in case.objects)
    return Picture(
        annotation=case.path,
        image=image,
        width=width,
        height=height,
        frame=frame,
        sha256=facts.sha256,
        as_it_is=facts.decodes_everywhere and not frame.turn,
        class_counts=tuple(sorted(names.items())),
    )


def _shown_name(annotated: str, label_map: LabelMap | None) -> str:
    """Return the name under which the class of an annotation is shown; without a label map, the same."""
    class_id = label_map.id_of(annotated) if label_map is not None else None
    return annotated if label_map is None or class_id is None else label_map.name_of(class_id)


def _damage(defects: list[Defect]) -> str:
    """Return the message about damaged files, one line each."""
    more = [f"… and {len(defects) - SHOWN} more"] if len(defects) > SHOWN else []
    head = (
        f"{len(defects)} files cannot be used; repair or remove them, or leave them out with --skip-damaged "
        "(`sweepbox doctor` lists everything):"
    )
    return "\n".join([head, *(f"  {defect}" for defect in defects[:SHOWN]), *more])
