"""Anchors and image sizes that most boxes of the data do not fit."""

import math
from collections.abc import Iterator

from sweepbox.detection.diagnosis.coverage import TINY
from sweepbox.detection.diagnosis.traps.finding import Case, Finding

TELLING_SHARE = 0.1
"""The share of the boxes from which on a finding is made."""


def smallest_anchor(case: Case) -> Iterator[Finding]:
    """Find a smallest anchor that is too large for many boxes, whatever their place."""
    if case.coverage is None or not case.coverage.threshold:
        return
    height, width = case.coverage.anchors.input_size
    side, threshold = case.coverage.anchors.sides_pixels[0], case.coverage.threshold
    hopeless = case.coverage.below(side * math.sqrt(threshold))
    if hopeless > TELLING_SHARE:
        yield Finding(
            f"the smallest anchor has {side:.0f} px at {width} x {height}",
            f"it is larger than {case.coverage.below(side):.0%} of the boxes, and {hopeless:.0%} are too small "
            f"for any anchor to meet them at IoU {threshold:g}",
            "see the proposals: smaller anchors, a lower level, or larger images",
        )


def largest_anchor(case: Case) -> Iterator[Finding]:
    """Find a largest anchor that is too small for many boxes."""
    if case.coverage is None or not case.coverage.threshold:
        return
    height, width = case.coverage.anchors.input_size
    side, threshold = case.coverage.anchors.sides_pixels[1], case.coverage.threshold
    hopeless = 1 - case.coverage.below(side / math.sqrt(threshold))
    if hopeless > TELLING_SHARE:
        yield Finding(
            f"the largest anchor has {side:.0f} px at {width} x {height}",
            f"{hopeless:.0%} of the boxes are too large for any anchor to meet them at IoU {threshold:g}",
            "see the proposals: larger anchors, or a higher level",
        )


def tiny_boxes(case: Case) -> Iterator[Finding]:
    """Find an image size at which many boxes have fewer than 16 pixels."""
    if case.coverage is None:
        return
    share = case.coverage.below(TINY)
    if share > TELLING_SHARE:
        height, width = case.coverage.anchors.input_size
        yield Finding(
            f"images are resized to {width} x {height}",
            f"{share:.0%} of the boxes are then below {TINY:g} px: too little is left of them to tell classes "
            "apart",
            "use larger images, or cut images into tiles before training",
        )
