"""The true and the predicted boxes of an image, each as a hit, a miss, a false alarm or a confusion."""

from dataclasses import dataclass
from enum import StrEnum

from sweepbox.detection.analysis.assignment import Assignment, false_alarm_kind
from sweepbox.detection.analysis.detected_images import DetectedImages
from sweepbox.detection.analysis.numbers import all_rounded

Box = tuple[float, ...]
"""ymin, xmin, ymax, xmax, normalised to the image."""


class Outcome(StrEnum):
    """What a box of an image is."""

    HIT = "hit"
    MISS = "miss"
    FALSE_ALARM = "false alarm"
    CONFUSION = "confusion"


@dataclass(frozen=True)
class MarkedBox:
    """One outcome in an image, with the true box, the predicted box or both.

    Attributes:
        outcome: One of `Outcome`.
        kind: The kind of a false alarm; None for other outcomes.
        object: The position of the object in its record, from 0; None for a false alarm.
        true_class: The class of the object; None for a false alarm.
        true_box: The box of the object; None for a false alarm.
        found_class: The class of the detection; None for a miss.
        found_box: The box of the detection; None for a miss.
        score: The score of the detection; None for a miss.
        iou: The IoU of both boxes; None where there is one.
    """

    outcome: str
    kind: str | None
    object: int | None
    true_class: str | None
    true_box: Box | None
    found_class: str | None
    found_box: Box | None
    score: float | None
    iou: float | None


@dataclass(frozen=True)
class ImageErrors:
    """An image with its loss and its boxes.

    Attributes:
        image: The position of the image among those that were evaluated, from 0.
        name: The name of the image.
        height: Its height in pixels.
        width: Its width in pixels.
        loss: The misses, the confusions and the scores of the false alarms, added.
        boxes: The boxes: confusions, misses, false alarms by falling score, then hits; at most `MOST_BOXES`.
        more: How many boxes there are beyond these.
    """

    image: int
    name: str
    height: int
    width: int
    loss: float
    boxes: tuple[MarkedBox, ...]
    more: int = 0


LOSS = "missed objects + confused objects + the scores of the false alarms"
"""The loss that images are ranked by, in words."""

MOST_BOXES = 100
"""The boxes of an image that are listed."""

_ORDER = (Outcome.CONFUSION, Outcome.MISS, Outcome.FALSE_ALARM, Outcome.HIT)


def marked_boxes(images: DetectedImages, assignment: Assignment, image: int) -> tuple[MarkedBox, ...]:
    """Return the boxes of an image."""
    found = _detections(images, assignment, image)
    objects = assignment.objects
    here = objects.of_image(image)
    missed = [
        MarkedBox(
            outcome=Outcome.MISS.value,
            kind=None,
            object=int(objects.row[position]),
            true_class=images.label_map.names[objects.column[position]],
            true_box=all_rounded(objects.boxes_yxyx[position]),
            found_class=None,
            found_box=None,
            score=None,
            iou=None,
        )
        for position in range(here.start, here.stop)
        if assignment.missed[position]
    ]
    return tuple(
        sorted([*found, *missed], key=lambda box: (_ORDER.index(Outcome(box.outcome)), -(box.score or 0)))
    )


def _detections(images: DetectedImages, assignment: Assignment, image: int) -> list[MarkedBox]:
    """Return the boxes of an image that have a detection, with the objects they belong to."""
    found, objects, names = assignment.found, assignment.objects, images.label_map.names
    here, annotated = found.of_image(image), objects.of_image(image)
    first = images.found.of_image(image).start
    overlaps = images.overlaps(image)
    boxes = []
    for position in range(here.start, here.stop):
        if assignment.ignored[position]:
            continue
        overlap = overlaps[assignment.rows[position] - first]
        row = max(int(assignment.hit[position]), int(assignment.confused[position]))
        kind = None
        if row < 0:
            outcome = Outcome.FALSE_ALARM
            kind = false_alarm_kind(overlap, objects.select(annotated), int(found.column[position])).value
        else:
            outcome = Outcome.HIT if assignment.hit[position] >= 0 else Outcome.CONFUSION
        boxes.append(
            MarkedBox(
                outcome=outcome.value,
                kind=kind,
                object=None if row < 0 else int(objects.row[row]),
                true_class=None if row < 0 else names[objects.column[row]],
                true_box=None if row < 0 else all_rounded(objects.boxes_yxyx[row]),
                found_class=names[found.column[position]],
                found_box=all_rounded(found.boxes_yxyx[position]),
                score=round(float(found.scores[position]), 5),
                iou=None if row < 0 else round(float(overlap[row - annotated.start]), 5),
            )
        )
    return boxes


def image_losses(assignment: Assignment, num_images: int) -> list[float]:
    """Return the loss of each image; scores that are not in 0..1 are clipped to it."""
    losses = [0.0] * num_images
    for image in assignment.objects.image[assignment.missed].tolist():
        losses[image] += 1
    for image in assignment.found.image[assignment.confused >= 0].tolist():
        losses[image] += 1
    false = assignment.false_alarm
    scores = assignment.found.scores[false].clip(0, 1).tolist()
    for image, score in zip(assignment.found.image[false].tolist(), scores, strict=True):
        losses[image] += score
    return losses


def worst_images(images: DetectedImages, assignment: Assignment, count: int) -> tuple[ImageErrors, ...]:
    """Return at most `count` images with a loss, the highest first; of equal ones the earlier first."""
    losses = image_losses(assignment, len(images))
    ranked = sorted(range(len(images)), key=lambda image: (-losses[image], image))
    return tuple(
        _errors(images, assignment, image, losses[image]) for image in ranked[:count] if losses[image] > 0
    )


def _errors(images: DetectedImages, assignment: Assignment, image: int, loss: float) -> ImageErrors:
    boxes = marked_boxes(images, assignment, image)
    return ImageErrors(
        image=image,
        name=images.names[image],
        height=images.frames[image].height,
        width=images.frames[image].width,
        loss=round(loss, 5),
        boxes=boxes[:MOST_BOXES],
        more=max(len(boxes) - MOST_BOXES, 0),
    )
