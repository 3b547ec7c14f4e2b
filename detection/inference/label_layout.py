"""Where the labels of boxes go, so that each can be read and few objects are hidden."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sweepbox.detection.core.boxes import area, pairwise_intersection

FREE_SHARE = 0.02
"""Labels may overlap labels by this share of their area: rounding, not reading, is what touches there."""

HIDDEN_SHARE = 0.3
"""A label that would hide more than this share of another's box counts as having no room."""


@dataclass(frozen=True)
class PlacedLabel:
    """One label: which of its texts was taken (0 is the first choice) and its corner in pixels."""

    choice: int
    left: int
    top: int


@dataclass
class LabelLayout:
    """Places labels one after the other, the most important first.

    `image_size` is (height, width) and `boxes_yxyx` `[n, 4]` all boxes, in pixels.
    """

    image_size: tuple[int, int]
    boxes_yxyx: np.ndarray
    gap: int = 0
    _taken: list[tuple[int, int, int, int]] = field(default_factory=list)

    def place(self, box: int, sizes: Sequence[tuple[int, int]]) -> PlacedLabel | None:
        """Find room for the label of box number `box`, or return None where there is none.

        `sizes` are the (height, width) of its texts in pixels, dearest first. A label lies in the image, close
        to its box, and hides neither another label nor much of another box. Of several places the one is taken
        that covers least; a shorter text is taken only where a longer one has no room.
        """
        for choice, size in enumerate(sizes):
            candidates = np.array(list(self._candidates(self.boxes_yxyx[box], size)))
            cost = self._cost(box, candidates)
            best = int(np.argmin(cost))
            if np.isfinite(cost[best]):
                top, left, bottom, right = map(int, candidates[best])
                self._taken.append((top, left, bottom, right))
                return PlacedLabel(choice, left, top)
        return None

    def _candidates(self, box_yxyx: np.ndarray, size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
        """Yield places `[ymin, xmin, ymax, xmax]` around and in a box, the most usual first."""
        top, left, bottom, right = (round(float(side)) for side in box_yxyx)
        height, width = size
        above, below = top - height - self.gap, bottom + self.gap
        for y, x in (
            (above, left), (above, right - width), (below, left), (below, right - width),
            (top, left), (bottom - height, left),
            (top, right + self.gap), (top, left - width - self.gap),
            (bottom - height, right + self.gap), (bottom - height, left - width - self.gap),
        ):  # fmt: skip
            y_inside = min(max(y, 0), max(self.image_size[0] - height, 0))
            x_inside = min(max(x, 0), max(self.image_size[1] - width, 0))
            yield y_inside, x_inside, y_inside + height, x_inside + width

    def _cost(self, box: int, candidates: np.ndarray) -> np.ndarray:
        """Return the cost `[candidates]`: the share of its pixels that hide boxes, infinite without room."""
        places = candidates.astype(np.float64)
        own_area, box_areas = area(places), np.maximum(area(self.boxes_yxyx), 1.0)
        hidden = pairwise_intersection(places, self.boxes_yxyx)
        # A tie goes to the earlier place.
        cost: np.ndarray = hidden.sum(axis=1) / own_area + 1e-3 * np.arange(len(places))
        hidden_others = np.delete(hidden / box_areas, box, axis=1)
        cost[(hidden_others > HIDDEN_SHARE).any(axis=1)] = np.inf
        if self._taken:
            labels = pairwise_intersection(places, np.array(self._taken, np.float64)).max(axis=1)
            cost[labels > FREE_SHARE * own_area] = np.inf
        return cost
