"""Time the input pipeline stage by stage: decoding, batching and the preprocessor.

    python -m experiments.benchmarks.input_pipeline [--images 128] [--source 400x512] [--input 320x320]
                                                    [--batch 8]

Uses generated JPEG images of up to the source size. Takes about a minute on two cores. Expected there with the
default arguments: the cache is at least 10 times faster than decoding every time, resizing takes at most 20 ms
per batch, and gathering is at least 1.5 times faster than multiplying by interpolation matrices.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from keras import ops
from PIL import Image

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.augment import build_preprocessor
from sweepbox.detection.data.batches import Batch, TrainingBatches
from sweepbox.detection.data.cache import open_record_set
from sweepbox.detection.data.records import Record, write_records

GEOMETRY = (
    "random_horizontal_flip {}",
    "random_crop_image { min_object_covered: 0 max_aspect_ratio: 3 min_area: 0.75 overlap_thresh: 0 }",
)
COLOUR = tuple(f"random_adjust_{name} {{}}" for name in ("brightness", "contrast", "saturation", "hue"))


def main() -> None:
    options = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), options)
    width = max(len(name) for name, *_ in rows)
    print(f"{'':{width}}  ms/batch  images/s")
    for name, seconds in rows:
        print(f"{name:{width}}  {1000 * seconds:8.1f}  {options.batch / seconds:8.0f}")
    times = dict(rows)
    print(f"\nthe cache against decoding: {times['decode + batch'] / times['cache + batch']:.1f} times faster")
    print(f"gathering against matrices: {times['resize by matrices'] / times['resize']:.1f} times faster")


def measure(folder: Path, options: argparse.Namespace) -> list[tuple[str, float]]:
    """Return (stage, seconds per batch) for every stage."""
    label_map = LabelMap.of(["object"])
    paths = write_records(_records(options.images, options.source), label_map, folder, "train", shards=1)
    rows = []
    for name, budget in (("decode + batch", 0), ("cache + batch", None)):
        records = open_record_set(paths, label_map, cache_directory=folder / name, disk_budget_bytes=budget)
        batches = TrainingBatches(records, batch_size=options.batch, max_boxes=16, noise_columns=500, seed=0)
        steps = iter(range(10**6))
        rows.append((name, _seconds(lambda batches=batches, steps=steps: batches.at(next(steps)))))
    batch = batches.at(0)
    for name, texts in (("resize", ()), ("… + flip, crop", GEOMETRY), ("… + colour", (*GEOMETRY, *COLOUR))):
        rows.append((name, _seconds(_preprocess(batch, texts, options.input))))
    rows.append(("resize by matrices", _seconds(_multiply(batch, options.input))))
    return rows


def _preprocess(batch: Batch, texts: tuple[str, ...], size: tuple[int, int]) -> Callable[[], Any]:
    """Return a function without arguments that runs the compiled preprocessor."""
    resizer = pb.ImageResizer(fixed_shape_resizer=pb.FixedShapeResizer(height=size[0], width=size[1]))
    steps = [text_format.Parse(text, pb.PreprocessingStep()) for text in texts]
    preprocessor = build_preprocessor(resizer, steps)
    fields = (batch.images, batch.sizes, batch.boxes_yxyx, batch.class_ids, batch.weights, batch.noise)
    tensors = [tf.constant(field) for field in fields]

    @tf.function
    def run(*arguments: Any) -> Any:
        return preprocessor(*arguments, normalise=lambda images: images * (2.0 / 255.0) - 1.0)

    return lambda: run(*tensors).images.numpy()  # noqa: PLW0108 - the transfer is timed as well


def _multiply(batch: Batch, size: tuple[int, int]) -> Callable[[], Any]:
    """Return a function that resizes by two products with dense interpolation matrices, for comparison."""

    def matrices(lengths: Any, output: int, canvas: int) -> Any:
        length = ops.cast(lengths, "float32")[:, None]
        position = ops.minimum(ops.arange(output, dtype="float32") * (length / output), length - 1)
        return ops.relu(1 - ops.abs(position[:, :, None] - ops.arange(canvas, dtype="float32")))

    @tf.function
    def run(images: Any, sizes: Any) -> Any:
        count, height, width, _ = images.shape
        lines = ops.reshape(ops.cast(images, "float32"), (count, height, width * 3))
        resized = ops.reshape(
            ops.matmul(matrices(sizes[:, 0], size[0], height), lines), (count, size[0], width, 3)
        )
        return ops.einsum("bjw,bhwc->bhjc", matrices(sizes[:, 1], size[1], width), resized)

    images, sizes = tf.constant(batch.images), tf.constant(batch.sizes)
    return lambda: run(images, sizes).numpy()


def _seconds(action: Callable[[], Any], *, repetitions: int = 30) -> float:
    """Return the median time of an action, after one warm-up run."""
    action()
    times = []
    for _ in range(repetitions):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return float(np.median(times))


def _records(count: int, size: tuple[int, int]) -> list[Record]:
    """Return records of generated JPEG images with four objects each; the largest image has the given size."""
    draws = np.random.default_rng(0)
    records = []
    for index in range(count):
        height, width = (int(side * (1 if index == 0 else draws.uniform(0.7, 1))) for side in size)
        small = Image.fromarray(draws.integers(0, 256, (height // 16, width // 16, 3), np.uint8))
        buffer = io.BytesIO()
        small.resize((width, height), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=90)
        corners = draws.uniform(0, 0.5, (4, 4)).astype(np.float32)
        none = np.zeros(4, bool)
        truth = GroundTruth(
            corners + np.array([0, 0, 0.5, 0.5], np.float32),
            np.ones(4, np.int64),
            np.ones(4, np.float32),
            none,
            none,
        )
        records.append(Record(buffer.getvalue(), "jpeg", f"{index}.jpg", str(index), height, width, truth))
    return records


def _arguments() -> argparse.Namespace:
    def size(text: str) -> tuple[int, int]:
        height, width = map(int, text.split("x"))
        return height, width

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=128)
    parser.add_argument("--source", type=size, default=(400, 512), help="height x width of the largest image")
    parser.add_argument("--input", type=size, default=(320, 320), help="height x width of the network's input")
    parser.add_argument("--batch", type=int, default=8)
    return parser.parse_args()


if __name__ == "__main__":
    main()
