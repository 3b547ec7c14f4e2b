"""Simulated detectors of known quality: their matches on drawn images.

An image has a difficulty that all its objects and all detectors share, so candidates err on the same images. A
detector sees each object with a quality of its own, from which come the overlap of its box and its score; a box
below the IoU threshold is a false positive. Other false positives appear at random, more of them in difficult
images. The true average precision of a detector is that on very many images.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.evaluation.image_matches import AREA_RANGES, IOU_THRESHOLDS, ImageMatches

CLASSES = ("common", "frequent", "rare")
OBJECTS_PER_IMAGE = (2.5, 0.8, 0.12)
"""The mean numbers of objects; an image in nine has one of the rare class, as in the photographs of masks."""
FALSE_PER_IMAGE = 2.0
"""The mean number of false positives per image and class that are not near an object."""


@dataclass(frozen=True, eq=False)
class Scene:
    """Drawn images: the class, image and difficulty of every object, and the difficulty of every image."""

    object_class: NDArray[np.int64]
    object_image: NDArray[np.int64]
    object_difficulty: NDArray[np.float64]
    image_difficulty: NDArray[np.float64]


def draw_scene(random: np.random.Generator, num_images: int) -> Scene:
    """Draw images with objects of three classes."""
    image_difficulty = random.standard_normal(num_images)
    counts = random.poisson(OBJECTS_PER_IMAGE, (num_images, len(CLASSES))).T
    image = np.concatenate([np.repeat(np.arange(num_images), of_class) for of_class in counts])
    difficulty = 0.6 * image_difficulty[image] + 0.8 * random.standard_normal(len(image))
    return Scene(np.repeat(np.arange(len(CLASSES)), counts.sum(axis=1)), image, difficulty, image_difficulty)


def parts_of(scene: Scene, count: int) -> Iterator[Scene]:
    """Yield folds of the images: those whose numbers leave the same remainder."""
    images = np.arange(len(scene.image_difficulty))
    for part in range(count):
        chosen = scene.object_image % count == part
        yield Scene(
            scene.object_class[chosen],
            scene.object_image[chosen] // count,
            scene.object_difficulty[chosen],
            scene.image_difficulty[images % count == part],
        )


def renamed(matches: ImageMatches, prefix: str) -> ImageMatches:
    """Return matches whose images have other names."""
    return replace(matches, image_names=tuple(f"{prefix}{name}" for name in matches.image_names))


def detect(random: np.random.Generator, scene: Scene, skill: float) -> ImageMatches:
    """Return the matches of a detector; more skill means closer boxes and better scores."""
    images, classes = len(scene.image_difficulty), len(CLASSES)
    quality = skill - scene.object_difficulty + 0.6 * random.standard_normal(len(scene.object_image))
    overlap = 0.3 + 0.65 / (1 + np.exp(-1.2 * quality))
    rate = np.tile(FALSE_PER_IMAGE * np.exp(0.3 * scene.image_difficulty), classes)
    false_group = np.repeat(np.arange(classes * images), random.poisson(rate))
    object_group = scene.object_class * images + scene.object_image
    group = np.concatenate([object_group, false_group])
    confidence = np.concatenate(
        [
            quality + 0.5 * random.standard_normal(len(quality)),
            random.normal(-1.2, 0.9, len(false_group)),
        ]
    )
    overlap = np.concatenate([overlap, np.zeros(len(false_group))])
    order = np.lexsort((-confidence, group))
    objects = np.bincount(object_group, minlength=classes * images).reshape(classes, images)
    matched = overlap[order] >= IOU_THRESHOLDS[:, None]
    return ImageMatches(
        CLASSES,
        tuple(map(str, range(images))),
        np.repeat(objects[None], len(AREA_RANGES), axis=0),
        group[order] // images,
        group[order] % images,
        1 / (1 + np.exp(-confidence[order])),
        np.repeat(matched[None], len(AREA_RANGES), axis=0),
        np.zeros((len(AREA_RANGES), *matched.shape), np.bool_),
    )
