"""Operating thresholds: the score from which a detection of each class counts."""

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.thresholds import ClassThreshold, OperatingThresholds
from sweepbox.detection.post_training.operating_point import (
    NOTHING,
    Rule,
    ScoredHits,
    best_threshold,
    counts_at,
    joined_hits,
)

IOU = 0.5
FEWEST_OBJECTS = 10
"""A class with fewer objects gets the threshold of all classes together."""

NO_INFORMATION = 0.5
"""The threshold where no detection of any class is right."""

DIGITS = 6


def check_precision(wanted: float | None) -> Rule:
    """Return the rule of a wanted precision, or that of the best F1; UsageError if it is not in 0..1."""
    if wanted is not None and not 0 < wanted <= 1:
        raise UsageError(f"precision {wanted:g}: give a value above 0 and at most 1")
    return Rule(wanted)


def operating_thresholds(
    found: list[ScoredHits], label_map: LabelMap, folds: NDArray[np.int64], rule: Rule
) -> OperatingThresholds:
    """Return the threshold of each class by a rule.

    Args:
        found: The detections and objects of each class, in the order of the label map.
        label_map: The classes.
        folds: The fold of each image, for the F1 of images that took no part in the choice.
        rule: What the thresholds are chosen for.
    """
    common = _threshold(joined_hits(found), rule)
    classes = tuple(
        _class_threshold(found, position, item, folds=folds, rule=rule)
        for position, item in enumerate(label_map.items)
    )
    return OperatingThresholds(str(rule), IOU, len(folds), common, classes)


def unreached(thresholds: OperatingThresholds, rule: Rule) -> tuple[str, ...]:
    """Return a line for each class whose detections do not reach the wanted precision."""
    if rule.precision is None:
        return ()
    return tuple(
        f"{item.name}: no threshold reaches a precision of {rule.precision:g}; at {item.threshold:.3g} it is "
        + ("not defined" if item.precision is None else f"{item.precision:.3f}")
        for item in thresholds.classes
        if item.objects and (item.precision is None or item.precision < rule.precision)
    )


def _class_threshold(
    found: list[ScoredHits], position: int, item: tuple[int, str], *, folds: NDArray[np.int64], rule: Rule
) -> ClassThreshold:
    """Return the threshold of the class at a position of the label map; `item` is its id and name."""
    of_class = found[position]
    objects = int(of_class.objects.sum())
    by_itself = objects >= FEWEST_OBJECTS and bool(of_class.hits.any())

    def chosen(images: NDArray[np.bool_]) -> float:
        parts = [of_class] if by_itself else found
        return _threshold(joined_hits([part.select(images) for part in parts]), rule)

    threshold = chosen(np.ones(len(folds), np.bool_))
    counts = counts_at(of_class, threshold)
    held_out = NOTHING
    numbers = np.unique(folds).tolist()
    for fold in numbers:
        held_out += counts_at(of_class.select(folds == fold), chosen(folds != fold))
    return ClassThreshold(
        id=item[0],
        name=item[1],
        threshold=threshold,
        basis="class" if by_itself else "all classes",
        objects=objects,
        precision=_rounded(counts.precision),
        recall=_rounded(counts.recall),
        f1=_rounded(counts.f1),
        f1_held_out=_rounded(held_out.f1) if len(numbers) > 1 else None,
    )


def _threshold(found: ScoredHits, rule: Rule) -> float:
    threshold = best_threshold(found, rule)
    return NO_INFORMATION if threshold is None else round(min(max(threshold, 0.0), 1.0), DIGITS)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
