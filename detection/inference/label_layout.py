"""The layout of box labels, so that labels are readable and hide few objects."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sweepbox.detection.core.boxes import area, pairwise_intersection

MAX_LABEL_OVERLAP = 0.02
"""The fraction of its area by which a label may overlap another one, which allows for rounding."""

MAX_HIDDEN_FRACTION = 0.3
"""The largest fraction of another detection's box that a label may hide."""


@dataclass(frozen=True)
class PlacedLabel:
    """A label: the index of the chosen text (0 is the preferred one), and its upper left corner in pixels."""

    choice: int
    left: int
    top: int


@dataclass
class LabelLayout:
    """Places labels one at a time; place the most important label first.

    Attributes:
        image_size: (height, width) in pixels.
        boxes_yxyx: All boxes `[n, 4]` in pixels.
        gap: The distance between a box and a label beside it, in pixels.
    """

    image_size: tuple[int, int]
    boxes_yxyx: np.ndarray
    gap: int = 0
    _placed: list[tuple[int, int, int, int]] = field(default_factory=list)

    def place(self, box: int, sizes: Sequence[tuple[int, int]]) -> PlacedLabel | None:
        """Place the label of a box; return None if there is no space for it.

        A label is inside the image, next to or in its box, and hides no other label and at most
        `MAX_HIDDEN_FRACTION` of another box. Of the possible positions, the one that hides least is chosen.

        Args:
            box: The number of the box.
            sizes: (height, width) of the label's texts in pixels, in order of preference. A text is used only
                if there is no space for the previous ones.
        """
        for choice, size in enumerate(sizes):
            candidates = np.array(list(self._candidates(self.boxes_yxyx[box], size)))
            cost = self._cost(box, candidates)
            best = int(np.argmin(cost))
            if np.isfinite(cost[best]):
                top, left, bottom, right = map(int, candidates[best])
                self._placed.append((top, left, bottom, right))
                return PlacedLabel(choice, left, top)
        return None

    def _candidates(self, box_yxyx: np.ndarray, size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
        """Yield positions `[ymin, xmin, ymax, xmax]` around and in a box, in order of preference."""
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
        """Return the cost `[candidates]`: the fraction of the label that hides boxes, or infinite."""
        positions = candidates.astype(np.float64)
        own_area, box_areas = area(positions), np.maximum(area(self.boxes_yxyx), 1.0)
        hidden = pairwise_intersection(positions, self.boxes_yxyx)
        # The second term resolves ties in favour of earlier positions.
        cost: np.ndarray = hidden.sum(axis=1) / own_area + 1e-3 * np.arange(len(positions))
        hidden_others = np.delete(hidden / box_areas, box, axis=1)
        cost[(hidden_others > MAX_HIDDEN_FRACTION).any(axis=1)] = np.inf
        if self._placed:
            labels = pairwise_intersection(positions, np.array(self._placed, np.float64)).max(axis=1)
            cost[labels > MAX_LABEL_OVERLAP * own_area] = np.inf
        return cost
