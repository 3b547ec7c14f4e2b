"""How many boxes of a data set the anchors of a config meet, by class and box size."""

import itertools
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.resizers import resizer_settings
from sweepbox.detection.diagnosis.anchor_maps import AnchorMaps
from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes
from sweepbox.detection.diagnosis.resized import ResizedBoxes

SMALL, LARGE = 32.0, 96.0
"""Sides in pixels: COCO calls boxes of less area than the first square small, of at least the second large."""
TINY = 16.0
"""Boxes with a side below this, in pixels of the input, have little to be recognised by."""
EDGES = (0.0, 8.0, TINY, SMALL, 64.0, LARGE, 192.0, np.inf)


@dataclass(frozen=True)
class Met:
    """How many of some boxes are met by an anchor.

    Attributes:
        boxes: The number of boxes.
        met: The number of boxes that an anchor meets at the matched threshold or above.
        forced: The number of other boxes, which are matched only because each box gets its best anchor.
        unmatched: The number of boxes that no anchor is matched with.
    """

    boxes: int
    met: int
    forced: int
    unmatched: int

    @property
    def share(self) -> float:
        """The share of the boxes that an anchor meets."""
        return self.met / self.boxes if self.boxes else 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as a JSON object."""
        return {**asdict(self), "share": self.share}


@dataclass(frozen=True)
class SizeRow:
    """Boxes with sides from `low` to below `high` pixels of the input; `high` is None for the largest."""

    low: float
    high: float | None
    coco: str
    counts: Met


@dataclass(frozen=True)
class ClassRow:
    """The boxes of one class; `by_size` has those of each COCO size, `tiny` is the number below 16 pixels."""

    name: str
    counts: Met
    by_size: dict[str, Met]
    tiny: int


@dataclass(frozen=True, eq=False)
class Coverage:
    """How the anchors of a config meet the boxes of a data set.

    Attributes:
        anchors: The anchors.
        resized: The boxes after resizing.
        ious: float64 `[boxes]`, the IoU of each box with its best anchor.
        classes: int64 `[boxes]`, positions in `names`.
        names: The class names.
        threshold: The matched threshold of the config.
        forces: Whether each box is matched with its best anchor, whatever their IoU.
    """

    anchors: AnchorMaps
    resized: ResizedBoxes
    ious: NDArray[np.float64]
    classes: NDArray[np.int64]
    names: tuple[str, ...]
    threshold: float
    forces: bool

    @classmethod
    def of(cls, ssd: pb.Ssd, boxes: AnnotatedBoxes) -> "Coverage":
        """Return the coverage of a supported `model.ssd`; ConfigError if it has no anchors."""
        anchors = AnchorMaps.of(ssd)
        resized = ResizedBoxes.of(boxes, resizer_settings(ssd.image_resizer))
        matcher = ssd.matcher.argmax_matcher
        return cls(
            anchors,
            resized,
            anchors.best_iou(resized.boxes_yxyx),
            boxes.classes,
            boxes.names,
            threshold=0.0 if matcher.ignore_thresholds else float(matcher.matched_threshold),
            forces=matcher.force_match_for_each_row,
        )

    def met(self, chosen: NDArray[np.bool_] | None = None) -> Met:
        """Return the counts of the boxes that a mask selects, by default of all."""
        ious = self.ious if chosen is None else self.ious[chosen]
        met = int((ious >= self.threshold).sum())
        rest = len(ious) - met
        return Met(len(ious), met, *((rest, 0) if self.forces else (0, rest)))

    def by_size(self) -> tuple[SizeRow, ...]:
        """Return the counts of boxes of each size that occurs, the smallest first."""
        return tuple(
            SizeRow(low, None if high == np.inf else high, _coco_size(low), self.met(chosen))
            for low, high in itertools.pairwise(EDGES)
            if (chosen := self._between(low, high)).any()
        )

    def by_class(self) -> tuple[ClassRow, ...]:
        """Return the counts of each class, the most frequent first."""
        return tuple(self._class_row(index, name) for index, name in enumerate(self.names))

    def below(self, side_pixels: float) -> float:
        """Return the share of the boxes with a side below this."""
        return float((self.resized.sides_pixels < side_pixels).mean())

    def _class_row(self, index: int, name: str) -> ClassRow:
        own = self.classes == index
        by_size = {coco: self.met(own & self._between(low, high)) for coco, low, high in _coco_ranges()}
        return ClassRow(name, self.met(own), by_size, int((own & self._between(0.0, TINY)).sum()))

    def _between(self, low: float, high: float) -> NDArray[np.bool_]:
        sides = self.resized.sides_pixels
        return (sides >= low) & (sides < high)

    def to_json(self) -> dict[str, Any]:
        """Return the coverage as a JSON object."""
        smallest, largest = self.anchors.sides_pixels
        return {
            "input_size": list(self.anchors.input_size),
            "anchors": self.anchors.count,
            "anchors_by_map": [item.count for item in self.anchors.maps],
            "smallest_anchor_pixels": smallest,
            "largest_anchor_pixels": largest,
            "matched_threshold": self.threshold,
            "all": self.met().to_json(),
            "under_16_pixels": int(self._between(0.0, TINY).sum()),
            "by_size": [
                {"from_pixels": row.low, "below_pixels": row.high, "coco": row.coco, **row.counts.to_json()}
                for row in self.by_size()
            ],
            "by_class": {
                row.name: {
                    **row.counts.to_json(),
                    "under_16_pixels": row.tiny,
                    **{coco: counts.to_json() for coco, counts in row.by_size.items()},
                }
                for row in self.by_class()
            },
        }


def _coco_ranges() -> Iterator[tuple[str, float, float]]:
    yield from (("small", 0.0, SMALL), ("medium", SMALL, LARGE), ("large", LARGE, np.inf))


def _coco_size(side: float) -> str:
    return next(name for name, low, high in _coco_ranges() if low <= side < high)
