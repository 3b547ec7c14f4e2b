"""Time writing small images as records, decoding them into the cache, and opening the cache again.

    python -m experiments.benchmarks.ours.records --images 1000

The images are 16 different 48 x 64 JPEG files with two objects each. Prints one JSON line.
"""

import argparse
import io
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache import open_record_set
from sweepbox.detection.data.records import Record, write_records

KINDS = 16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, required=True)
    options = parser.parse_args()
    label_map = LabelMap.of(["object"])
    import tensorflow as tf  # noqa: F401 - excludes the import from the timing

    with tempfile.TemporaryDirectory() as name:
        folder, times = Path(name), {}
        started = time.perf_counter()
        paths = write_records(generated(options.images), label_map, folder, "train", shards=4)
        times["write_s"] = time.perf_counter() - started
        for step in ("cache_s", "open_s"):
            started = time.perf_counter()
            records = open_record_set(paths, label_map, cache_directory=folder / "cache")
            times[step] = time.perf_counter() - started
        if len(records) != options.images:
            raise RuntimeError(f"read {len(records)} of {options.images} images")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**times, "peak_mib": peak}))


def generated(images: int, *, height: int = 48, width: int = 64) -> Iterator[Record]:
    """Yield records of images of noise."""
    random = np.random.default_rng(0)
    encoded = []
    for _ in range(KINDS):
        pixels = random.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).resize((width, height)).save(file, "JPEG", quality=90)
        encoded.append(file.getvalue())
    truth = GroundTruth(
        boxes_yxyx=np.array([[0.1, 0.1, 0.5, 0.5], [0.3, 0.4, 0.9, 0.8]], np.float32),
        class_ids=np.ones(2, np.int64),
        weights=np.ones(2, np.float32),
        difficult=np.zeros(2, np.bool_),
        crowd=np.zeros(2, np.bool_),
    )
    for number in range(images):
        name = f"{number:06d}.jpg"
        yield Record(encoded[number % KINDS], "jpeg", name, name, height, width, truth)


if __name__ == "__main__":
    main()
