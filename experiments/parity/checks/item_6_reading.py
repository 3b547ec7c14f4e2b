"""Compare reading: decoded records, label maps, the model's input, and the order of records."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import text_format
from keras import ops

from experiments.parity.context import Context
from experiments.parity.finding import Finding, largest_absolute
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.data.augment import build_preprocessor
from sweepbox.detection.data.batches import evaluation_batches
from sweepbox.detection.data.cache import RecordSet, open_record_set
from sweepbox.detection.data.reading import Reading
from sweepbox.detection.data.records import find_records

CASES, ORDERS = "reading_cases.py", "reading_orders.py"
MEANS = np.array([123.68, 116.779, 103.939], np.float32)
BOXES = 3
FIELDS = {
    "boxes": "boxes_yxyx",
    "classes": "class_ids",
    "weights": "weights",
    "difficult": "difficult",
    "is_crowd": "crowd",
    "group_of": "group_of",
}


def submit_runs(context: Context) -> None:
    """Queue the oracle's scripts."""
    context.submit(CASES, out="")
    context.submit(ORDERS, "--times", "1", out="orders.json")


def check(context: Context) -> Iterator[Finding]:
    """Read the oracle's shards through a glob, decode and preprocess them, then compare reading orders."""
    folder = context.oracle(CASES, out="")
    with np.load(folder / "out.npz") as arrays:
        theirs = dict(arrays)
    labels = load_label_map(folder / "label_map.pbtxt")
    paths = find_records(f"{folder}/cases-?????-of-?????.tfrecord")
    records = open_record_set(
        paths, labels, cache_directory=context.scratch("reading"), keep_unusable_boxes=True
    )
    names = theirs["names"].tolist()
    yield from _decoded(names, records, theirs)
    yield from _model_input(names, records, theirs)
    yield _orders(context.oracle(ORDERS, "--times", "1", out="orders.json") / "orders.json")


def _decoded(names: list[str], records: RecordSet, theirs: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare images, and objects of known classes; ours drops the others when reading."""
    pixels = [
        float(np.abs(records.image(row).astype(int) - theirs[f"{name}/image"]).max())
        for row, name in enumerate(names)
    ]
    kinds = ", ".join(name for name in names if name.startswith(("png", "bmp", "jpeg")))
    yield Finding(6, "decoded pixels", max(pixels), 0.0, "grey levels", kinds)
    differing = []
    for row, name in enumerate(names):
        known = theirs[f"{name}/classes"] != -1
        truth = records.ground_truth(row)
        differing += [
            f"{name}/{field}" for field in FIELDS if not _equal(truth, field, theirs[f"{name}/{field}"][known])
        ]
    yield Finding.count(
        item=6,
        name="boxes, classes by name, display name and number, weights, difficult, crowd, group of",
        differing=len(differing),
        note=", ".join(differing) or f"{len(names)} records in 2 shards",
    )


def _equal(truth: GroundTruth, field: str, theirs: Any) -> bool:
    return np.array_equal(getattr(truth, FIELDS[field]), theirs)


def _model_input(names: list[str], records: RecordSet, theirs: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare the model's input: normalised pixels, padding, boxes in the padded frame."""
    resizer = text_format.Parse(str(theirs["resizer"]), pb.ImageResizer())
    order = Reading().evaluated(records.files)
    (batch,) = evaluation_batches(records, indices=order, batch_size=len(names), max_boxes=BOXES)
    arrays = (batch.images, batch.sizes, batch.boxes_yxyx, batch.class_ids, batch.weights, batch.noise)
    ready = build_preprocessor(resizer, ())(
        *map(ops.convert_to_tensor, arrays), normalise=lambda images: images - MEANS
    )
    images, boxes, class_ids, sizes = (
        ops.convert_to_numpy(part)
        for part in (ready.images, ready.boxes_yxyx, ready.class_ids, ready.true_sizes)
    )
    pixels = largest_absolute(images[:, ::4, ::4], np.stack([theirs[f"{name}/input"] for name in names]))
    yield Finding(6, "model input: pixels, normalised, resized and padded", pixels, 1e-3, "grey levels")
    frames = largest_absolute(boxes, np.stack([theirs[f"{name}/input_boxes"] for name in names]))
    yield Finding(
        6, f"model input: the first {BOXES} boxes (max_number_of_boxes)", frames, 1e-6, "fraction of the frame"
    )
    differing = 0
    for row, name in enumerate(names):
        count = int(theirs[f"{name}/count"])
        wanted = theirs[f"{name}/input_classes"][:count].argmax(axis=1)
        differing += not np.array_equal(class_ids[row, :count], wanted)
        differing += not np.array_equal(sizes[row], theirs[f"{name}/true_size"])
    yield Finding.count(item=6, name="model input: classes and true sizes", differing=differing)


def _orders(path: Path) -> Finding:
    """Compare the order in which several files are read, and the records that sampling selects."""
    cases = json.loads(path.read_text())
    differing = 0
    for case in cases:
        sizes, order = case.pop("sizes"), case.pop("order")
        files = np.repeat(np.arange(len(sizes)), sizes).astype(np.int32)
        differing += Reading.of(pb.InputReader(shuffle=False, **case)).evaluated(files).tolist() != order
    name = "order of several files (num_readers, read_block_length) and sample_1_of_n_examples"
    return Finding.count(item=6, name=name, differing=differing, note=f"{len(cases)} cases")
