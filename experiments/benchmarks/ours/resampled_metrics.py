"""Time the metrics of bootstrap resamples, from the matches of one evaluation and by evaluating every resample.

    python -m experiments.benchmarks.ours.resampled_metrics --images 116 --resamples 1000

The images are those of `coco_metrics`: 10 objects of three classes and 100 detections each. Evaluating is timed
on the first resamples only, and its seconds are extrapolated to all. Prints one JSON line with the seconds of
both and the largest difference of a metric between them.
"""

import argparse
import json
import time

import numpy as np

from experiments.benchmarks.ours.coco_metrics import CLASSES, HEIGHT, WIDTH, Image, random_image
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.evaluation.coco import CocoEvaluator
from sweepbox.detection.evaluation.weighted_precision import weighted_metrics

EVALUATED = 5
NAMES = ("mAP", "mAP@.50", *(f"{kind}/{name}" for kind in ("AP", "AP@.50") for name in CLASSES))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, required=True)
    parser.add_argument("--resamples", type=int, required=True)
    options = parser.parse_args()
    random = np.random.default_rng(0)
    images = [random_image(random) for _ in range(options.images)]
    chances = np.full(len(images), 1 / len(images))
    weights = random.multinomial(len(images), chances, options.resamples)
    matches = _evaluated(images, np.ones(len(images), np.int64)).matches()
    started = time.perf_counter()
    found = weighted_metrics(matches, weights, NAMES)
    weighted_s = time.perf_counter() - started
    started = time.perf_counter()
    by_hand = [_evaluated(images, counts).metrics() for counts in weights[:EVALUATED]]
    evaluated_s = (time.perf_counter() - started) * options.resamples / len(by_hand)
    differences = [
        abs(found[name][row] - metrics[name]) for row, metrics in enumerate(by_hand) for name in NAMES
    ]
    print(
        json.dumps(
            {
                "weighted_s": weighted_s,
                "evaluated_s": evaluated_s,
                "largest_difference": float(max(differences)),
            }
        )
    )


def _evaluated(images: list[Image], counts: np.ndarray) -> CocoEvaluator:
    """Evaluate each image as often as it counts."""
    evaluator = CocoEvaluator(LabelMap.of(CLASSES))
    for number, (image, count) in enumerate(zip(images, counts.tolist(), strict=True)):
        for copy in range(count):
            evaluator.add(f"{number}/{copy}", image.truth, image.found, height=HEIGHT, width=WIDTH)
    return evaluator


if __name__ == "__main__":
    main()
