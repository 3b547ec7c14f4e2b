"""All traps; a new one is a function, a line here, and a config of each kind in its test."""

from collections.abc import Iterable, Mapping

from sweepbox.detection.diagnosis.traps.anchors import largest_anchor, smallest_anchor, tiny_boxes
from sweepbox.detection.diagnosis.traps.augmentation import lost_boxes
from sweepbox.detection.diagnosis.traps.background import background_as_class
from sweepbox.detection.diagnosis.traps.batch_norm import slow_average, small_batches
from sweepbox.detection.diagnosis.traps.checkpoint import checkpoint_type
from sweepbox.detection.diagnosis.traps.finding import Case, Finding, Trap
from sweepbox.detection.diagnosis.traps.post_processing import box_limit, score_threshold
from sweepbox.detection.diagnosis.traps.schedule import long_warmup, rate_for_batch, unfinished_decay

TRAPS: Mapping[str, Trap] = {
    "anchors larger than the boxes": smallest_anchor,
    "anchors smaller than the boxes": largest_anchor,
    "boxes too small to see": tiny_boxes,
    "score threshold cuts evaluation": score_threshold,
    "box limit below the fullest image": box_limit,
    "augmentation loses boxes": lost_boxes,
    "background as a class": background_as_class,
    "slow average of batch norm": slow_average,
    "batch norm on small batches": small_batches,
    "warm-up too long": long_warmup,
    "decay cut off": unfinished_decay,
    "rate far from usual": rate_for_batch,
    "checkpoint does not fit": checkpoint_type,
}
"""Each trap by its name in reports."""


def find_traps(case: Case, names: Iterable[str] = TRAPS) -> tuple[tuple[str, Finding], ...]:
    """Return the name and the finding of each trap that a case has; those that need data need `case.boxes`."""
    return tuple((name, finding) for name in names for finding in TRAPS[name](case))
