"""Write the metrics of the OD API's evaluation loop for one checkpoint.

Usage: python evaluation_loop.py --config pipeline.config --checkpoint folder/ckpt-0 --records validation.record
       --label-map map.pbtxt --out metrics.json

Writes `metrics` (COCO and Pascal VOC, as the loop reports them, losses included) and three dictionaries that the loop
does not report: `coco_by_category` {name: AP} and `coco_by_category_50` {name: AP at IoU 0.5}, from the precisions that
pycocotools accumulated inside the loop (the OD API's own per-category metrics require a patched pycocotools), and
`pascal_without_padding`, the metrics of the OD API's Pascal evaluator for the same input but without the padding rows
of the ground truth, which the loop counts as missed boxes of the first class.
"""

import argparse
import json
import time

import compat
import loops
import numpy as np
from object_detection import eval_util
from object_detection.utils import object_detection_evaluation
from pycocotools.cocoeval import COCOeval

METRICS = ("coco_detection_metrics", "pascal_voc_detection_metrics")


def record_coco(recorded):
    """Record category ids and the accumulated precisions [iou, recall, category, area, maximum] of pycocotools."""
    original = COCOeval.accumulate

    def accumulate(self, p=None):
        original(self, p)
        recorded.update(ids=list(self.params.catIds), precision=self.eval["precision"].copy())

    COCOeval.accumulate = accumulate


def record_pascal(calls):
    """Record the calls of the loop to its Pascal evaluator."""
    evaluator = object_detection_evaluation.PascalDetectionEvaluator
    for name in ("add_single_ground_truth_image_info", "add_single_detected_image_info"):
        original = getattr(evaluator, name)

        def wrapped(self, image_id, info, original=original, name=name):
            calls.append((name, image_id, {k: np.array(v) for k, v in info.items() if v is not None}))
            return original(self, image_id, info)

        setattr(evaluator, name, wrapped)


def category_precisions(recorded, categories):
    """{name: AP}, {name: AP@.5}; -1 for a category without ground truth, as in COCO."""
    names = {c["id"]: c["name"] for c in categories}
    out, out_50 = {}, {}
    for index, category in enumerate(recorded["ids"]):
        values = recorded["precision"][:, :, index, 0, -1]
        for target, part in ((out, values), (out_50, values[0])):
            valid = part[part > -1]
            target[names[category]] = float(valid.mean()) if valid.size else -1.0
    return out, out_50


def pascal_without_padding(calls, config, categories):
    """The Pascal metrics of recorded calls, without the ground truth's rows of zeros."""
    config.metrics_set[:] = ["pascal_voc_detection_metrics"]
    options = eval_util.evaluator_options_from_eval_config(config)
    (evaluator,) = eval_util.get_evaluators(config, categories, options)
    for name, image_id, info in list(calls):
        if "ground_truth" in name:
            real = np.any(info["groundtruth_boxes"] != 0, axis=1)
            rows = len(real)
            info = {k: v[real] if v.ndim and len(v) == rows else v for k, v in info.items()}  # noqa: PLW2901
        getattr(evaluator, name)(image_id, info)
    return {k: float(v) for k, v in evaluator.evaluate().items()}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--config", required=True)
    p.add_argument("--checkpoint", required=True)
    p.add_argument("--records", required=True)
    p.add_argument("--label-map", required=True)
    p.add_argument("--out", required=True)
    a = p.parse_args()
    started, coco, pascal = time.time(), {}, []
    compat.quiet()
    config = compat.load_pipeline(a.config)
    compat.override_inputs(config, train_record=a.records, eval_record=a.records, label_map=a.label_map)
    config.eval_config.metrics_set[:] = METRICS
    record_coco(coco)
    record_pascal(pascal)
    data, run = loops.evaluation(config, a.checkpoint)
    metrics = run(data)
    from object_detection.utils import label_map_util

    categories = label_map_util.create_categories_from_labelmap(a.label_map)
    by_category, by_category_50 = category_precisions(coco, categories)
    images = sum("ground_truth" in name for name, _, _ in pascal)
    out = {
        "metrics": {k: float(v) for k, v in metrics.items()},
        "coco_by_category": by_category,
        "coco_by_category_50": by_category_50,
        "pascal_without_padding": pascal_without_padding(pascal, config.eval_config, categories),
        "images": images,
    }
    compat.save_json(a.out, out)
    print(json.dumps({"seconds": round(time.time() - started, 1), "images": images}))


if __name__ == "__main__":
    main()
