"""Post-processing and limits that hide detections or boxes from evaluation and training."""

from collections.abc import Iterator

from sweepbox.detection.diagnosis.limits import NMS, box_limits
from sweepbox.detection.diagnosis.traps.finding import Case, Finding

HIGH_THRESHOLD = 0.05
"""Scores below this hardly change average precision."""


def score_threshold(case: Case) -> Iterator[Finding]:
    """Find a score threshold that takes detections away before evaluation counts them."""
    threshold = case.ssd.post_processing.batch_non_max_suppression.score_threshold
    if threshold > HIGH_THRESHOLD:
        yield Finding(
            f"{NMS}.score_threshold = {threshold:.3g}",
            f"evaluation sees no detection below {threshold:.3g}: recall and mAP are cut, and a class that is "
            "never scored so high has an AP of 0",
            "set it to 1e-8, and choose the threshold when you use the detector",
        )


def box_limit(case: Case) -> Iterator[Finding]:
    """Find limits on the number of boxes that the fullest image exceeds."""
    if case.boxes is None:
        return
    for limit in box_limits(case.config, case.boxes):
        if limit.cuts:
            images = "1 image has" if limit.images == 1 else f"{limit.images} images have"
            yield Finding(
                f"{limit.field} = {limit.limit}",
                f"{images} more boxes, the fullest {limit.most}; {limit.lost} boxes are beyond the limit: "
                f"{limit.effect}",
                f"set it to at least {limit.most}",
            )
