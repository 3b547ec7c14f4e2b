"""Some validation images with what is annotated and what is detected, drawn at each evaluation."""

import io
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sweepbox.detection.core.detections import Detections, GroundTruth
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.inference.draw import draw_detections, draw_objects
from sweepbox.detection.training.reports import ValidationPicture
from sweepbox.detection.training.validation import Evaluator

SIDE_PIXELS = 320
"""The larger side of each of the two halves of a picture."""
JPEG_QUALITY = 75
GAP_PIXELS = 4
EXTRA_DETECTIONS, MOST_DETECTIONS = 2, 20
"""Of each image the best detections are drawn: as many as it has objects and some more, up to a limit."""


class PicturedEvaluator:
    """Passes images on to an evaluator, and keeps the objects and detections of some of them.

    Args:
        evaluator: The evaluator.
        images: How many images will be added.
        pictures: How many of them are kept: always the same ones, evenly spread.
    """

    def __init__(self, evaluator: Evaluator, *, images: int, pictures: int) -> None:
        self._evaluator = evaluator
        self._chosen = spread(images, pictures)
        self.kept: dict[int, tuple[GroundTruth, Detections]] = {}
        """The objects and detections of the chosen images, by their numbers."""

    def add(
        self, image_id: int, ground_truth: GroundTruth, detections: Detections, *, height: int, width: int
    ) -> None:
        """See `Evaluator.add`; the ids are the numbers of the images, from 0."""
        self._evaluator.add(image_id, ground_truth, detections, height=height, width=width)
        if image_id in self._chosen:
            self.kept[image_id] = (ground_truth, detections)

    def metrics(self) -> dict[str, float]:
        """See `Evaluator.metrics`."""
        return self._evaluator.metrics()


def draw_pictures(
    kept: Mapping[int, tuple[GroundTruth, Detections]],
    names: Sequence[str],
    image: Callable[[int], NDArray[np.uint8]],
    labels: LabelMap,
) -> tuple[ValidationPicture, ...]:
    """Return a picture of each image that was kept.

    Args:
        kept: The objects and detections of images, by their numbers.
        names: The name of each image.
        image: Returns an image by its number.
        labels: The classes.
    """
    return tuple(
        _picture(names[number], image(number), truth, detections, labels)
        for number, (truth, detections) in sorted(kept.items())
    )


def spread(count: int, number: int) -> frozenset[int]:
    """Return `number` of the numbers below `count`, evenly spread; all where there are fewer."""
    return frozenset(np.linspace(0, count - 1, min(number, count)).round().astype(int).tolist())


def _picture(
    name: str, pixels: NDArray[np.uint8], truth: GroundTruth, detections: Detections, labels: LabelMap
) -> ValidationPicture:
    image = Image.fromarray(pixels)
    scale = SIDE_PIXELS / max(image.size)
    image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    most = min(len(truth) + EXTRA_DETECTIONS, MOST_DETECTIONS)
    best = Detections(detections.boxes_yxyx[:most], detections.scores[:most], detections.class_ids[:most])
    halves = (
        draw_objects(image, truth.boxes_yxyx, truth.class_ids, labels),
        draw_detections(image, best, labels, threshold=0.0),
    )
    both = Image.new("RGB", (2 * image.width + GAP_PIXELS, image.height), "white")
    for place, half in enumerate(halves):
        both.paste(half, (place * (image.width + GAP_PIXELS), 0))
    file = io.BytesIO()
    both.save(file, "JPEG", quality=JPEG_QUALITY)
    return ValidationPicture(name, file.getvalue(), both.height, both.width)
