"""Images of 200 x 200 pixels with objects and detections given by hand or at random."""

from collections.abc import Sequence

import numpy as np

from sweepbox.detection.analysis.detected_images import DetectedImages
from sweepbox.detection.core.detections import Detections, GroundTruth
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.post_training.annotated import AnnotatedFrame

LABELS = LabelMap(((2, "cat"), (7, "dog"), (9, "bird")))
CAT, DOG, BIRD = LABELS.ids
SIDE = 200

Object = tuple[float, float, float, float, int]
"""ymin, xmin, ymax, xmax in pixels, class id."""
Detection = tuple[float, float, float, float, int, float]
"""The same and the score."""


def frame_of(
    objects: Sequence[Object],
    *,
    crowd: Sequence[bool] | None = None,
    difficult: Sequence[bool] | None = None,
) -> AnnotatedFrame:
    """Return the annotations of an image."""
    count = len(objects)
    table = np.array(objects, np.float64).reshape(count, 5)
    flags = [
        np.zeros(count, np.bool_) if flag is None else np.array(flag, np.bool_) for flag in (difficult, crowd)
    ]
    truth = GroundTruth(
        (table[:, :4] / SIDE).astype(np.float32),
        table[:, 4].astype(np.int64),
        np.ones(count, np.float32),
        *flags,
    )
    return AnnotatedFrame(truth, SIDE, SIDE)


def found_of(detections: Sequence[Detection]) -> Detections:
    """Return detections, best score first."""
    table = np.array(detections, np.float64).reshape(len(detections), 6)
    table = table[np.argsort(-table[:, 5], kind="stable")]
    return Detections(
        (table[:, :4] / SIDE).astype(np.float32), table[:, 5].astype(np.float32), table[:, 4].astype(np.int64)
    )


def images_of(
    frames: Sequence[AnnotatedFrame], detections: Sequence[Sequence[Detection]], labels: LabelMap = LABELS
) -> DetectedImages:
    """Return images with these annotations and detections."""
    names = tuple(f"{number}.jpg" for number in range(len(frames)))
    return DetectedImages(labels, names, frames, [found_of(found) for found in detections])


def random_images(seed: int, count: int, *, score_levels: int = 1000, most_found: int = 30) -> DetectedImages:
    """Return images with crowds, objects of all sizes, and detections near them; few levels make ties."""
    random = np.random.default_rng(seed)
    frames, detections = [], []
    for _ in range(count):
        objects = int(random.integers(0, 7))
        corners = random.uniform(0, 120, (objects, 2))
        boxes = np.concatenate([corners, corners + random.uniform(3, 120, (objects, 2))], axis=1)
        classes = random.choice([CAT, CAT, DOG, BIRD], objects)
        crowd = (random.random(objects) < 0.2).tolist()
        frames.append(
            frame_of(
                [(*box, label) for box, label in zip(boxes.tolist(), classes.tolist(), strict=True)],
                crowd=crowd,
            )
        )
        near = random.integers(0, max(objects, 1), int(random.integers(0, most_found)))
        base = boxes[near] if objects else random.uniform(0, 50, (len(near), 4)) + np.array([0, 0, 50, 50])
        moved = np.sort((base + 8 * random.standard_normal(base.shape)).reshape(-1, 2, 2), axis=1).reshape(
            -1, 4
        )
        labels = np.where(random.random(len(near)) < 0.7, classes[near] if objects else CAT, DOG)
        scores = random.integers(1, score_levels + 1, len(near)) / score_levels
        detections.append(
            [
                (*box, label, score)
                for box, label, score in zip(moved.tolist(), labels.tolist(), scores.tolist(), strict=True)
            ]
        )
    return images_of(frames, detections)
