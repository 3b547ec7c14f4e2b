"""Compare Pascal VOC metrics of synthetic detections with the OD API's evaluators, plain and weighted."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from experiments.parity.context import Context
from experiments.parity.finding import Finding
from sweepbox.detection.core.detections import Detections, GroundTruth
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.metric_names import UNDEFINED, MetricSet
from sweepbox.detection.evaluation.pascal import PascalEvaluator

SCRIPT, RANDOM = "pascal_cases.py", "40"
SIDE = 256


def submit_runs(context: Context) -> None:
    """Queue the oracle's script."""
    context.submit(SCRIPT, "--seed", "1", "--random", RANDOM, out="cases.json")


def check(context: Context) -> Iterator[Finding]:
    """Evaluate every case; NaN in the OD API (no ground truth) corresponds to -1 in Sweepbox."""
    path = context.oracle(SCRIPT, "--seed", "1", "--random", RANDOM, out="cases.json") / "cases.json"
    cases = json.loads(path.read_text())
    largest = 0.0
    for case in cases:
        evaluator = PascalEvaluator(LabelMap.of("abc"), (MetricSet.PASCAL, MetricSet.WEIGHTED_PASCAL))
        for number, image in enumerate(case["images"]):
            evaluator.add(number, *_parts(image), height=SIDE, width=SIDE)
        ours = evaluator.metrics()
        for name, value in case["metrics"].items():
            largest = max(largest, abs(ours[name] - (UNDEFINED if value is None else value)))
    note = f"{len(cases)} cases: difficult, group of, duplicates, no ground truth, IoU exactly 0.5 …"
    name = "Pascal VOC metrics of synthetic detections, plain and weighted"
    yield Finding(7, name, largest, 1e-6, "absolute", note)


def _parts(image: Mapping[str, Any]) -> tuple[GroundTruth, Detections]:
    """Return the objects and detections of one of the oracle's images."""
    boxes, found = (
        (np.asarray(image[key], np.float64).reshape(-1, 4) / SIDE).astype(np.float32)
        for key in ("boxes", "found_boxes")
    )
    count = len(boxes)
    truth = GroundTruth(
        boxes,
        np.asarray(image["classes"], np.int64),
        np.ones(count, np.float32),
        np.asarray(image["difficult"], bool),
        np.zeros(count, bool),
        np.asarray(image["group_of"], bool),
    )
    scores = np.asarray(image["scores"], np.float32)
    return truth, Detections(found, scores, np.asarray(image["found_classes"], np.int64))
