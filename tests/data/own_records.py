"""Records as other tools write them, with any features."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image

BOX = (0.1, 0.2, 0.6, 0.7)
SIDES = ("ymin", "xmin", "ymax", "xmax")


def example(
    *, texts: Sequence[Any] = (), labels: Sequence[float] = (), boxes: Sequence[Sequence[float]] = (),
    seed: int = 0, **features: Sequence[Any],
) -> bytes:  # fmt: skip
    """Return a serialised Example with an image and objects; `features` replace or add others by their key.

    In keys `__` stands for `/`: `image__height`. Every object has `BOX` unless `boxes` are given.
    """
    count = max(len(texts), len(labels), len(boxes))
    written: dict[str, Sequence[Any]] = {"image/encoded": [png(seed)], "image/filename": [b"picture.png"]}
    if texts:
        written["image/object/class/text"] = texts
    if labels:
        written["image/object/class/label"] = labels
    for column, side in enumerate(SIDES):
        written[f"image/object/bbox/{side}"] = [float(box[column]) for box in boxes or [BOX] * count]
    written |= {key.replace("__", "/"): values for key, values in features.items()}
    return serialised(written)


def serialised(features: Mapping[str, Sequence[Any]]) -> bytes:
    """Return an Example; the type of a feature is that of its first value."""
    message = tf.train.Example()
    for key, values in features.items():
        feature = message.features.feature[key]
        if isinstance(values[0] if values else 0, bytes | str):
            feature.bytes_list.value.extend(v.encode() if isinstance(v, str) else v for v in values)
        elif isinstance(values[0] if values else 0, float):
            feature.float_list.value.extend(values)
        else:
            feature.int64_list.value.extend(values)
    return bytes(message.SerializeToString())


def png(seed: int = 0) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def write_examples(path: Path, examples: Sequence[bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for entry in examples:
            writer.write(entry)
    return path
