"""Write Pascal VOC metrics of hand-made and random images, computed by the OD API's evaluators.

Usage: python pascal_cases.py --out pascal_cases.json [--seed 0 --random 20]

Writes a list of {"name", "images", "metrics"}: an image holds `boxes`, `classes`, `difficult`, `group_of` of the
ground truth and `found_boxes`, `scores`, `found_classes` of the detections (pixels, yxyx; classes 1 "a", 2 "b", 3
"c"); `metrics` are those of pascal_voc_detection_metrics and weighted_pascal_voc_detection_metrics: null for NaN and,
in the weighted set, if the evaluator fails for lack of ground truth. All scores differ, except in cases named
"equal …".
"""

import argparse
import json
import math
import time
import warnings

T0 = time.time()
import compat  # noqa: E402, F401
import numpy as np  # noqa: E402
from object_detection import eval_util  # noqa: E402
from object_detection.protos import eval_pb2  # noqa: E402

CATEGORIES = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"id": 3, "name": "c"}]
SETS = ("pascal_voc_detection_metrics", "weighted_pascal_voc_detection_metrics")
A, B = [0, 0, 10, 10], [20, 20, 40, 40]
NEAR, NEARER = [0, 0, 10, 10.5], [0, 0, 10, 10.4]


def image(boxes=(), classes=(), found=(), scores=(), found_classes=None, *, difficult=None, group_of=None):
    """One image; all detections are of class 1 unless stated otherwise."""
    none = [False] * len(boxes)
    return {
        "boxes": list(boxes), "classes": list(classes), "difficult": difficult or none, "group_of": group_of or none,
        "found_boxes": list(found), "scores": list(scores), "found_classes": found_classes or [1] * len(found),
    }  # fmt: skip


HAND_MADE = {
    "nothing": [image()],
    "no ground truth": [image(found=[A], scores=[0.9])],
    "no detection": [image([A], [1])],
    "perfect": [image([A, B], [1, 2], [A, B], [0.9, 0.8], [1, 2])],
    "IoU one half": [image([A], [1], [[0, 0, 10, 5]], [0.9])],
    "IoU below one half": [image([A], [1], [[0, 0, 10, 4.99]], [0.9])],
    "found twice": [image([A, B], [1, 1], [A, A, B], [0.9, 0.8, 0.7])],
    "second best object is left": [image([A, [0, 0, 10, 12]], [1, 1], [NEAR, NEARER], [0.9, 0.8])],
    "two objects in one place": [image([A, A], [1, 1], [A, A], [0.9, 0.8])],
    "difficult found twice": [image([A, B], [1, 1], [A, A, B], [0.9, 0.85, 0.8], difficult=[True, False])],
    "difficult not found": [image([A, B], [1, 1], [B], [0.8], difficult=[True, False])],
    "only difficult": [image([A], [1], [A], [0.9], difficult=[True])],
    "difficult is nearer": [image([A, [0, 0, 10, 12]], [1, 1], [NEAR], [0.9], difficult=[True, False])],
    "difficult and easy in one place": [image([A, A], [1, 1], [A], [0.9], difficult=[True, False])],
    "group found twice": [image([A, B], [1, 1], [A, A, B], [0.9, 0.85, 0.8], group_of=[True, False])],
    "group not found": [image([A, B], [1, 1], [B], [0.8], group_of=[True, False])],
    "detections of a class without objects": [image([A], [1], [A, B], [0.7, 0.8], [1, 2])],
    "detections of another class": [image([A], [1], [A, A], [0.9, 0.8], [2, 1])],
    "box without area": [image([A], [1], [[5, 5, 5, 5], [6, 6, 5, 5], A], [0.9, 0.85, 0.8])],
    "object without area": [image([[5, 5, 5, 5], A], [1, 1], [A], [0.8])],
    "equal scores in an image, miss first": [image([A], [1], [B, A], [0.5, 0.5])],
    "equal scores in an image, hit first": [image([A], [1], [A, B], [0.5, 0.5])],
    "pooled": [image([A, B], [1, 2], [A, B, A], [0.9, 0.8, 0.85], [1, 2, 2])],
}


def random_images(rng):
    """Eight images with noisy copies of their objects and false detections."""
    images = []
    for _ in range(8):
        n, extra = rng.integers(0, 7), rng.integers(0, 6)
        corner = rng.uniform(0, 150, (n + extra, 2))
        boxes = np.concatenate([corner, corner + rng.uniform(5, 90, (n + extra, 2))], 1)
        copies = np.repeat(boxes[:n], 2, 0) + rng.normal(0, 6, (2 * n, 4))
        found = np.concatenate([copies, boxes[n:]]).round(2)
        classes = rng.integers(1, 4, n)
        found_classes = np.concatenate([np.repeat(classes, 2), rng.integers(1, 4, extra)])
        scores = rng.permutation(10**4)[: len(found)] / 10**4 + len(images) / 10**6
        flags = rng.random((2, n)) < 0.2
        images.append(
            image(
                boxes[:n].round(2).tolist(),
                classes.tolist(),
                found.tolist(),
                scores.tolist(),
                found_classes.tolist(),
                difficult=flags[0].tolist(),
                group_of=flags[1].tolist(),
            )
        )
    return images


def metrics_of(images):
    """Metrics of both sets; None for NaN and for metrics that the weighted evaluator cannot compute."""
    out = {}
    for name in SETS:
        config = eval_pb2.EvalConfig(metrics_set=[name])
        (evaluator,) = eval_util.get_evaluators(config, CATEGORIES, {})
        for number, one in enumerate(images):
            evaluator.add_single_ground_truth_image_info(
                str(number),
                {
                    "groundtruth_boxes": np.array(one["boxes"], "f4").reshape(-1, 4),
                    "groundtruth_classes": np.array(one["classes"], int),
                    "groundtruth_difficult": np.array(one["difficult"], bool),
                    "groundtruth_group_of": np.array(one["group_of"], bool),
                },
            )
            evaluator.add_single_detected_image_info(
                str(number),
                {
                    "detection_boxes": np.array(one["found_boxes"], "f4").reshape(-1, 4),
                    "detection_scores": np.array(one["scores"], "f4"),
                    "detection_classes": np.array(one["found_classes"], int),
                },
            )
        try:
            found = evaluator.evaluate()
        except TypeError:  # the weighted evaluator without any objects
            continue
        out.update({key: None if math.isnan(value) else float(value) for key, value in found.items()})
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--random", type=int, default=8)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(args.seed)
    cases = HAND_MADE | {f"random {number}": random_images(rng) for number in range(args.random)}
    with open(args.out, "w") as file:  # one case per line: short and readable
        lines = [json.dumps({"name": n, "images": i, "metrics": metrics_of(i)}) for n, i in cases.items()]
        file.write("[\n" + ",\n".join(lines) + "\n]\n")
    print(json.dumps({"cases": len(cases), "seconds": round(time.time() - T0, 1)}))


if __name__ == "__main__":
    main()
