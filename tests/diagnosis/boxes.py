"""Data of boxes for the tests of the diagnosis."""

from collections.abc import Iterable

import numpy as np

from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes, AnnotatedImage


def square_boxes(sides: Iterable[float], *, image: int = 320, name: str = "thing") -> AnnotatedBoxes:
    """Return one box of each side in pixels, each in an image of its own, in random places."""
    random = np.random.default_rng(0)
    images = []
    for side in sides:
        ymin, xmin = random.uniform(0, 1 - side / image, 2).tolist()
        box = (ymin, xmin, ymin + side / image, xmin + side / image)
        images.append(AnnotatedImage(image, image, [(name, box)]))
    return AnnotatedBoxes.of(images)


def full_image(count: int, *, name: str = "thing") -> AnnotatedBoxes:
    """Return an image with so many boxes of 32 pixels in one place, and an image with one."""
    box = (0.1, 0.1, 0.2, 0.2)
    return AnnotatedBoxes.of(
        [AnnotatedImage(320, 320, [(name, box)] * count), AnnotatedImage(320, 320, [(name, box)])]
    )
