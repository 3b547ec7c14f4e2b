"""Small record sets for tests: generated images with objects, written as TFRecords."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache.record_set import RecordSet
from sweepbox.detection.data.records import Record, write_records

LABELS = LabelMap.of(["with_mask", "without_mask", "mask_weared_incorrect"])


def picture(index: int, size: tuple[int, int] = (12, 16), channels: int = 3) -> NDArray[np.uint8]:
    return np.random.default_rng(index).integers(0, 256, (*size, channels), np.uint8)


def encode(pixels: NDArray[np.uint8] | Image.Image, image_format: str = "PNG") -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels.squeeze())
    buffer = io.BytesIO()
    image.save(buffer, image_format)
    return buffer.getvalue()


def record(index: int, image: bytes, *, objects: int = 2) -> Record:
    draws = np.random.default_rng(index).uniform(0, 0.5, (objects, 4)).astype(np.float32)
    truth = GroundTruth(
        draws + np.array([0, 0, 0.5, 0.5], np.float32),
        np.arange(objects, dtype=np.int64) % 2 + 1,
        np.linspace(0.5, 1.0, objects, dtype=np.float32),
        np.arange(objects) % 2 == 1,
        np.arange(objects) % 3 == 2,
        np.arange(objects) % 2 == 0,
    )
    return Record(image, "png", f"picture-{index}.png", f"id-{index}", 12, 16, truth)


def write(directory: Path, records: Sequence[Record], *, shards: int = 1) -> tuple[Path, ...]:
    directory.mkdir(parents=True, exist_ok=True)
    return write_records(records, LABELS, directory, "train", shards=shards)


def varied(count: int) -> list[Record]:
    """Return records of images of different sizes with 0, 1, 2 … objects."""
    return [
        record(index, encode(picture(index, (10 + index % 7, 20 - index % 5))), objects=index % 4)
        for index in range(count)
    ]


def cache_file(paths: Sequence[Path]) -> Path:
    (file,) = (paths[0].parent / ".sweepbox-cache").glob("*.arrow")
    return file


def assert_holds(records: RecordSet, expected: Sequence[Record]) -> None:
    assert len(records) == len(expected)
    for index, source in enumerate(expected):
        pixels = np.asarray(Image.open(io.BytesIO(source.encoded)).convert("RGB"))
        np.testing.assert_array_equal(records.image(index), pixels)
        assert records.sizes[index].tolist() == list(pixels.shape[:2])
        for field in ("boxes_yxyx", "class_ids", "weights", "difficult", "crowd", "group_of"):
            ours, theirs = (
                getattr(truth, field) for truth in (records.ground_truth(index), source.ground_truth)
            )
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)
