"""The matches of an evaluation by image, from which COCO's metrics of any choice of images can be computed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sweepbox.detection.evaluation.matching import BoolArray, Boxes, FloatArray, IntArray, match

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALL_THRESHOLDS = np.linspace(0.0, 1.0, 101)
AREA_RANGES = np.array([[0, 1e10], [0, 32**2], [32**2, 96**2], [96**2, 1e10]], np.float64)
"""The area ranges all, small, medium and large in square pixels; both ends are inclusive."""

MAX_DETECTIONS = (1, 10, 100)
"""The limits on the detections per image and class; those with the best scores are used."""


@dataclass(frozen=True, eq=False)
class ImageMatches:
    """The detections of every image with their matches, and the objects that were to be found.

    Detections are ordered by class, image and decreasing score; an image has at most 100 of a class.
    Metrics rank detections of equal score in this order, as pycocotools does.

    Attributes:
        class_names: The classes, in the order of their ids.
        image_names: The images; the names are unique.
        num_objects: int64 `[area ranges, classes, images]`, the objects to be found; crowds and objects
            outside of the area range do not count. The area ranges are `AREA_RANGES`.
        class_index: int64 `[n]`, the class of each detection, from 0.
        image_index: int64 `[n]`, the image of each detection, from 0.
        scores: float64 `[n]`.
        matched: bool `[area ranges, IoU thresholds, n]`, whether a detection is matched with an object, at
            each of `IOU_THRESHOLDS`.
        ignored: bool `[area ranges, IoU thresholds, n]`, whether a detection is neither true nor false
            positive.

    Raises:
        ValueError: The shapes do not match, a name occurs twice, or the detections are not in order.
    """

    class_names: tuple[str, ...]
    image_names: tuple[str, ...]
    num_objects: IntArray
    class_index: IntArray
    image_index: IntArray
    scores: FloatArray
    matched: BoolArray
    ignored: BoolArray

    def __post_init__(self) -> None:
        """Check shapes, names and order."""
        ranges, count = len(AREA_RANGES), len(self.scores)
        classes, images = len(self.class_names), self.num_images
        flags = (ranges, len(IOU_THRESHOLDS), count)
        shapes = {
            "num_objects": (ranges, classes, images),
            "class_index": (count,),
            "image_index": (count,),
            "matched": flags,
            "ignored": flags,
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, expected {shape}")
        for kind, names in (("classes", self.class_names), ("images", self.image_names)):
            if len(set(names)) < len(names):
                raise ValueError(f"a name of the {kind} occurs twice; give each a name of its own")
        for index, limit in ((self.class_index, classes), (self.image_index, images)):
            if count and not (index.min() >= 0 and index.max() < limit):
                raise ValueError(f"a detection has a class or image outside of 0 to {limit - 1}")
        group = self._group
        falls = np.diff(self.scores) <= 0
        if not np.all((np.diff(group) > 0) | ((np.diff(group) == 0) & falls)):
            raise ValueError("the detections are not ordered by class, image and decreasing score")

    @classmethod
    def of(
        cls,
        objects: Boxes,
        detections: Boxes,
        scores: FloatArray,
        *,
        class_names: Sequence[str],
        image_names: Sequence[str],
    ) -> "ImageMatches":
        """Match detections with objects by COCO's rules.

        Args:
            objects: The annotated objects. A group is `class * number of images + image`, both counted from 0.
            detections: The detections, ordered by group and then by decreasing score.
            scores: The scores `[n]` of the detections.
            class_names: The classes.
            image_names: The images.
        """
        num_images, num_groups = len(image_names), len(class_names) * len(image_names)
        kept = _rank(detections.group) < MAX_DETECTIONS[-1]
        detections = Boxes(detections.group[kept], detections.xywh[kept], detections.crowd[kept])
        matched, ignored = match(objects, detections, thresholds=IOU_THRESHOLDS, ranges=AREA_RANGES)
        is_counted = ~(objects.outside(AREA_RANGES) | objects.crowd)
        counts = [np.bincount(objects.group[counted], minlength=num_groups) for counted in is_counted]
        class_index, image_index = np.divmod(detections.group, max(num_images, 1))
        return cls(
            tuple(class_names),
            tuple(image_names),
            np.stack(counts).astype(np.int64).reshape(len(AREA_RANGES), len(class_names), num_images),
            class_index,
            image_index,
            scores[kept].astype(np.float64),
            matched,
            ignored,
        )

    @classmethod
    def joined(cls, parts: Sequence["ImageMatches"]) -> "ImageMatches":
        """Return the matches of several evaluations of different images as one, such as those of all folds.

        Args:
            parts: At least one evaluation, all of the same classes.

        Raises:
            ValueError: There is no part, the classes differ, or two parts have an image of the same name.
        """
        if len({part.class_names for part in parts}) != 1:
            raise ValueError("the parts are not of the same classes; join evaluations of one label map")
        starts = np.cumsum([0, *(part.num_images for part in parts)])
        image_index = np.concatenate(
            [part.image_index + start for part, start in zip(parts, starts[:-1].tolist(), strict=True)]
        )
        class_index = np.concatenate([part.class_index for part in parts])
        order = np.lexsort((np.arange(len(class_index)), image_index, class_index))
        return cls(
            parts[0].class_names,
            tuple(name for part in parts for name in part.image_names),
            np.concatenate([part.num_objects for part in parts], axis=2),
            class_index[order],
            image_index[order],
            np.concatenate([part.scores for part in parts])[order],
            np.concatenate([part.matched for part in parts], axis=2)[..., order],
            np.concatenate([part.ignored for part in parts], axis=2)[..., order],
        )

    def by_name(self) -> "ImageMatches":
        """Return the same matches with the images in the order of their names."""
        images = np.array(sorted(range(self.num_images), key=self.image_names.__getitem__), np.int64)
        image_index = np.argsort(images)[self.image_index]
        order = np.lexsort((np.arange(len(image_index)), image_index, self.class_index))
        return ImageMatches(
            self.class_names,
            tuple(self.image_names[image] for image in images.tolist()),
            self.num_objects[..., images],
            self.class_index[order],
            image_index[order],
            self.scores[order],
            self.matched[..., order],
            self.ignored[..., order],
        )

    @property
    def num_images(self) -> int:
        """The number of images."""
        return len(self.image_names)

    @property
    def rank(self) -> IntArray:
        """The position int64 `[n]` of each detection among those of its class and image, from 0."""
        return _rank(self._group)

    @property
    def has_class(self) -> BoolArray:
        """Whether each image has an object of each class to be found, bool `[classes, images]`."""
        present: BoolArray = self.num_objects[0] > 0
        return present

    def rows_by_class(self) -> Iterator[slice]:
        """Yield the rows of each class's detections."""
        ends = np.searchsorted(self.class_index, np.arange(len(self.class_names) + 1)).tolist()
        yield from (slice(begin, end) for begin, end in pairwise(ends))

    @property
    def _group(self) -> IntArray:
        return self.class_index * self.num_images + self.image_index


def _rank(group: IntArray) -> IntArray:
    """Return the position of each row in its group; rows are ordered by group."""
    return np.arange(len(group)) - np.searchsorted(group, group)
