"""All analyses of a detector on annotated images."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from sweepbox.detection.analysis.assignment import Assignment, FalseAlarm, assign, false_alarm_kind
from sweepbox.detection.analysis.calibration import Calibration, calibrations
from sweepbox.detection.analysis.confusion import Confusion, confusion
from sweepbox.detection.analysis.detected_images import DetectedImages, FloatArray
from sweepbox.detection.analysis.image_errors import ImageErrors, worst_images
from sweepbox.detection.analysis.label_suspects import LabelSuspect, label_suspects
from sweepbox.detection.analysis.numbers import all_rounded
from sweepbox.detection.analysis.operating_curves import OperatingCurve, operating_curves
from sweepbox.detection.analysis.precision_recall import (
    PrecisionCurve,
    SizePrecision,
    precision_by_size,
    precision_curves,
)
from sweepbox.detection.evaluation.coco_precision import precision_recall

MOST_CURVES = 40
"""The classes with curves of their own: those with most objects."""

WORST_IMAGES = 12


@dataclass(frozen=True)
class OutcomeCounts:
    """The outcomes of all images at the operating thresholds.

    Attributes:
        hits: The objects that are found.
        misses: The objects that are neither found nor taken for another class.
        confusions: The objects that are taken for another class.
        false_alarms: The other detections, by kind of `FalseAlarm`.
        ignored: The detections in crowds, which do not count.
    """

    hits: int
    misses: int
    confusions: int
    false_alarms: dict[str, int]
    ignored: int


@dataclass(frozen=True)
class DetectorAnalysis:
    """What a detector does well and badly.

    Attributes:
        images: The number of images.
        objects: The number of annotated objects, without crowds.
        class_names: The classes.
        sizes: The average precision by class and size, all classes together first.
        precision: The curves of precision against recall, at each IoU of each class.
        operating: The curves against the threshold, all classes together first.
        outcomes: What the detections at the thresholds are.
        confusion: Which class is detected as which.
        calibration: The calibration of scores, all classes together first; empty where scores are not in 0..1.
        worst: The images with the highest loss.
        suspects: The annotations that the detector contradicts.
        without_curves: The classes that have too few objects to be among those with curves.
    """

    images: int
    objects: int
    class_names: tuple[str, ...]
    sizes: tuple[SizePrecision, ...]
    precision: tuple[PrecisionCurve, ...]
    operating: tuple[OperatingCurve, ...]
    outcomes: OutcomeCounts
    confusion: Confusion
    calibration: tuple[Calibration, ...]
    worst: tuple[ImageErrors, ...]
    suspects: tuple[LabelSuspect, ...]
    without_curves: tuple[str, ...] = ()


def analyse(images: DetectedImages, thresholds: FloatArray) -> DetectorAnalysis:
    """Return all analyses.

    Args:
        images: The annotated images with their detections, also those of low scores.
        thresholds: The operating threshold of each class of the label map, `[classes]`.
    """
    names, matches = images.label_map.names, images.matches
    result = precision_recall(matches)
    assignment = assign(images, thresholds)
    drawn = set(_with_curves(images))
    return DetectorAnalysis(
        images=len(images),
        objects=int((~images.objects.crowd).sum()),
        class_names=names,
        sizes=precision_by_size(matches, result),
        precision=tuple(curve for curve in precision_curves(matches, result) if curve.name in drawn),
        operating=tuple(
            curve
            for number, curve in enumerate(operating_curves(images.hits, names, thresholds))
            if number == 0 or curve.name in drawn
        ),
        outcomes=outcome_counts(images, assignment),
        confusion=confusion(assignment, names, all_rounded(thresholds)),
        calibration=tuple(
            item
            for number, item in enumerate(calibrations(images.hits, names))
            if number == 0 or item.name in drawn
        ),
        worst=worst_images(images, assignment, WORST_IMAGES),
        suspects=label_suspects(images, assignment, thresholds),
        without_curves=tuple(name for name in names if name not in drawn),
    )


def outcome_counts(images: DetectedImages, assignment: Assignment) -> OutcomeCounts:
    """Return how many detections and objects have each outcome."""
    kinds: Counter[str] = Counter({kind.value: 0 for kind in FalseAlarm})
    found = assignment.found
    for image in np.unique(found.image[assignment.false_alarm]).tolist():
        overlaps, first = images.overlaps(image), images.found.of_image(image).start
        objects = assignment.objects.select(assignment.objects.of_image(image))
        here = found.of_image(image)
        for position in range(here.start, here.stop):
            if assignment.false_alarm[position]:
                overlap = overlaps[assignment.rows[position] - first]
                kinds[false_alarm_kind(overlap, objects, int(found.column[position])).value] += 1
    return OutcomeCounts(
        hits=int((assignment.hit >= 0).sum()),
        misses=int(assignment.missed.sum()),
        confusions=int((assignment.confused >= 0).sum()),
        false_alarms=dict(kinds),
        ignored=int(assignment.ignored.sum()),
    )


def _with_curves(images: DetectedImages) -> list[str]:
    """Return the classes that have curves."""
    objects = images.matches.num_objects[0].sum(axis=1)
    order = np.argsort(-objects, kind="stable")[:MOST_CURVES]
    return [images.label_map.names[column] for column in order.tolist()]
