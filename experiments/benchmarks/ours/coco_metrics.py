"""Time the COCO metrics of random detections with our evaluator and with pycocotools, in one process.

    python -m experiments.benchmarks.ours.coco_metrics --images 86

Every image has 10 objects of three classes and 100 detections, half of them near an object. Both evaluators
start from normalised boxes in memory and end with the twelve COCO metrics; ours also computes the AP of every
class. pycocotools matches in C. Prints one JSON line with the seconds (fastest of three runs) and the mAP of
each.
"""

import argparse
import contextlib
import io
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from sweepbox.detection.core.detections import Detections, GroundTruth
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.evaluation.coco import CocoEvaluator

CLASSES = ("with_mask", "without_mask", "mask_weared_incorrect")
OBJECTS, DETECTIONS = 10, 100
HEIGHT, WIDTH = 480, 640
REPEATS = 3


@dataclass(frozen=True)
class Image:
    """Ground truth and detections of an image."""

    truth: GroundTruth
    found: Detections


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, required=True)
    random = np.random.default_rng(0)
    images = [random_image(random) for _ in range(parser.parse_args().images)]
    ours, our_s = _best(lambda: _by_ours(images))
    peers, peer_s = _best(lambda: _by_pycocotools(images))
    print(json.dumps({"ours_s": our_s, "pycocotools_s": peer_s, "ours": ours, "pycocotools": peers}))


def random_image(random: np.random.Generator) -> Image:
    """Return an image of 10 objects and 100 detections, half of them near an object."""
    corners = random.uniform(0.0, 0.7, (OBJECTS, 2))
    boxes = np.concatenate([corners, corners + random.uniform(0.02, 0.3, (OBJECTS, 2))], axis=1)
    classes = random.integers(1, len(CLASSES) + 1, OBJECTS)
    near = random.integers(0, OBJECTS, DETECTIONS)
    noise = np.where(random.random((DETECTIONS, 1)) < 0.5, 0.01, 0.2) * random.standard_normal((DETECTIONS, 4))
    moved = np.clip(boxes[near] + noise, 0.0, 1.0)
    found = np.concatenate([np.minimum(moved[:, :2], moved[:, 2:]), np.maximum(moved[:, :2], moved[:, 2:])], 1)
    nothing = np.zeros(OBJECTS, bool)
    return Image(
        GroundTruth(boxes.astype(np.float32), classes, np.ones(OBJECTS, np.float32), nothing, nothing),
        Detections(
            found.astype(np.float32),
            np.sort(random.random(DETECTIONS)).astype(np.float32)[::-1],
            np.where(random.random(DETECTIONS) < 0.8, classes[near], 1),
        ),
    )


def _best(measured: Callable[[], float]) -> tuple[float, float]:
    """Return the value of a function and the seconds of the fastest of several calls."""
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        value = measured()
        seconds.append(time.perf_counter() - started)
    return value, min(seconds)


def _by_ours(images: list[Image]) -> float:
    evaluator = CocoEvaluator(LabelMap.of(CLASSES))
    for number, image in enumerate(images):
        evaluator.add(number, image.truth, image.found, height=HEIGHT, width=WIDTH)
    return evaluator.metrics()["mAP"]


def _by_pycocotools(images: list[Image]) -> float:
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [{"id": number, "height": HEIGHT, "width": WIDTH} for number in range(len(images))],
            "categories": [{"id": number, "name": name} for number, name in enumerate(CLASSES, start=1)],
            "annotations": _annotations(images),
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(_results(images)), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return float(evaluation.stats[0])


def _annotations(images: list[Image]) -> list[dict[str, Any]]:
    boxes = [(number, image, row) for number, image in enumerate(images) for row in range(len(image.truth))]
    annotations = []
    for identity, (number, image, row) in enumerate(boxes, start=1):
        box = _xywh(image.truth.boxes_yxyx[row])
        category = int(image.truth.class_ids[row])
        annotations.append(
            {"id": identity, "image_id": number, "category_id": category, "bbox": box, "area": box[2] * box[3]}
            | {"iscrowd": 0}
        )
    return annotations


def _results(images: list[Image]) -> list[dict[str, Any]]:
    return [
        {
            "image_id": number,
            "category_id": int(image.found.class_ids[row]),
            "bbox": _xywh(image.found.boxes_yxyx[row]),
            "score": float(image.found.scores[row]),
        }
        for number, image in enumerate(images)
        for row in range(len(image.found))
    ]


def _xywh(box_yxyx: Any) -> list[float]:
    top, left, bottom, right = (float(value) for value in box_yxyx)
    return [left * WIDTH, top * HEIGHT, (right - left) * WIDTH, (bottom - top) * HEIGHT]


if __name__ == "__main__":
    main()
