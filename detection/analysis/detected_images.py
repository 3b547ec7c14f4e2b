"""Annotated images with the detections in them, as tables of objects and of detections."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.boxes import pairwise_intersection, pairwise_iou
from sweepbox.detection.core.detections import Detections
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.evaluation.coco import CocoEvaluator
from sweepbox.detection.evaluation.image_matches import MAX_DETECTIONS, ImageMatches
from sweepbox.detection.evaluation.images import class_columns, joined, xywh_pixels
from sweepbox.detection.post_training.annotated import AnnotatedFrame
from sweepbox.detection.post_training.measure import scored_hits
from sweepbox.detection.post_training.operating_point import ScoredHits

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Marks:
    """The boxes of all images, objects or detections, in the order of the images.

    Attributes:
        image: int64 `[n]`, the image of each, from 0.
        row: int64 `[n]`, its position among the objects or detections of its image, from 0.
        column: int64 `[n]`, the position of its class in the label map.
        xywh: float64 `[n, 4]`, x, y, width and height in pixels.
        boxes_yxyx: float32 `[n, 4]`, normalised to the image.
        scores: float64 `[n]`; 1 for objects.
        crowd: bool `[n]`, whether an object is a crowd.
        uncertain: bool `[n]`, whether an object is marked as difficult, or as a group of objects.
    """

    image: IntArray
    row: IntArray
    column: IntArray
    xywh: FloatArray
    boxes_yxyx: NDArray[np.float32]
    scores: FloatArray
    crowd: BoolArray
    uncertain: BoolArray

    def __len__(self) -> int:
        """Return the number of boxes."""
        return len(self.image)

    def of_image(self, image: int) -> slice:
        """Return the positions of an image's boxes."""
        begin, end = np.searchsorted(self.image, [image, image + 1]).tolist()
        return slice(begin, end)

    def select(self, keep: BoolArray | slice) -> "Marks":
        """Return those that a mask `[n]` or a slice selects."""
        return Marks(
            self.image[keep],
            self.row[keep],
            self.column[keep],
            self.xywh[keep],
            self.boxes_yxyx[keep],
            self.scores[keep],
            self.crowd[keep],
            self.uncertain[keep],
        )


@dataclass(frozen=True, eq=False)
class DetectedImages:
    """Annotated images with the detections in them.

    Attributes:
        label_map: The classes; objects and detections of others are left out.
        names: The unique names of the images.
        frames: The annotations of each image.
        detections: The detections in each image, best score first.

    Raises:
        ValueError: There is not one name and one set of detections for each image.
        ModelError: A box or score of a detection is not finite.
    """

    label_map: LabelMap
    names: tuple[str, ...]
    frames: Sequence[AnnotatedFrame]
    detections: Sequence[Detections]

    def __post_init__(self) -> None:
        """Check the lengths."""
        if not len(self.names) == len(self.frames) == len(self.detections):
            raise ValueError(
                f"there are {len(self.frames)} images, {len(self.names)} names and "
                f"{len(self.detections)} sets of detections; give one of each for each image"
            )

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.names)

    @cached_property
    def matches(self) -> ImageMatches:
        """The detections of each class, matched with its objects by COCO's rules."""
        evaluator = CocoEvaluator(self.label_map)
        for number, (frame, found) in enumerate(zip(self.frames, self.detections, strict=True)):
            evaluator.add(number, frame.ground_truth, found, height=frame.height, width=frame.width)
        return evaluator.matches(self.names)

    @cached_property
    def hits(self) -> list[ScoredHits]:
        """The detections of each class and what they hit at an IoU of 0.5; those of crowds are left out."""
        return scored_hits(self.matches)

    @cached_property
    def objects(self) -> Marks:
        """The annotated objects."""
        truths = [frame.ground_truth for frame in self.frames]
        count = sum(map(len, truths))
        return self._marks(
            [truth.class_ids for truth in truths],
            [truth.boxes_yxyx for truth in truths],
            scores=np.ones(count),
            crowd=joined([truth.crowd for truth in truths], np.bool_),
            uncertain=joined([truth.difficult | truth.group_of for truth in truths], np.bool_),
        )

    @cached_property
    def found(self) -> Marks:
        """The detections: at most the best 100 of an image and class, as in COCO's metrics."""
        scores = joined([found.scores for found in self.detections], np.float64)
        no_flags = np.zeros(len(scores), np.bool_)
        found = self._marks(
            [found.class_ids for found in self.detections],
            [found.boxes_yxyx for found in self.detections],
            scores=scores,
            crowd=no_flags,
            uncertain=no_flags,
        )
        group = found.column * len(self) + found.image
        order = np.lexsort((np.arange(len(found)), -found.scores, group))
        rank = np.arange(len(found)) - np.searchsorted(group[order], group[order])
        keep = np.zeros(len(found), np.bool_)
        keep[order[rank < MAX_DETECTIONS[-1]]] = True
        return found.select(keep)

    def overlaps(self, image: int) -> FloatArray:
        """Return the IoU of each detection of an image with each of its objects, `[detections, objects]`.

        With a crowd it is the share of the detection's area that lies in the crowd.
        """
        found, objects = _pixels(self.found, image), _pixels(self.objects, image)
        overlap = pairwise_iou(found, objects).astype(np.float64)
        crowd = self.objects.crowd[self.objects.of_image(image)]
        if crowd.any():
            own = ((found[:, 2] - found[:, 0]) * (found[:, 3] - found[:, 1]))[:, None]
            shared = pairwise_intersection(found, objects[crowd])
            overlap[:, crowd] = np.divide(shared, own, out=np.zeros_like(shared), where=shared > 0)
        return overlap

    def _marks(
        self,
        class_ids: Sequence[IntArray],
        boxes_yxyx: Sequence[NDArray[np.float32]],
        *,
        scores: FloatArray,
        crowd: BoolArray,
        uncertain: BoolArray,
    ) -> Marks:
        counts = [len(ids) for ids in class_ids]
        column = class_columns(self.label_map, joined(class_ids, np.int64))
        pixels = [
            xywh_pixels(boxes, frame.height, frame.width)
            for boxes, frame in zip(boxes_yxyx, self.frames, strict=True)
        ]
        rows: list[IntArray] = [np.arange(count) for count in counts]
        marks = Marks(
            image=np.repeat(np.arange(len(self)), counts),
            row=joined(rows, np.int64),
            column=column,
            xywh=np.concatenate([np.zeros((0, 4)), *pixels]),
            boxes_yxyx=np.concatenate([np.zeros((0, 4), np.float32), *boxes_yxyx]),
            scores=scores.astype(np.float64),
            crowd=crowd,
            uncertain=uncertain,
        )
        return marks.select(column >= 0)


def _pixels(marks: Marks, image: int) -> FloatArray:
    """Return the boxes `[n, 4]` of an image as ymin, xmin, ymax, xmax in pixels."""
    x, y, width, height = marks.xywh[marks.of_image(image)].T
    return np.stack([y, x, y + height, x + width], axis=-1)
