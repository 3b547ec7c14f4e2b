"""Files that both sides read: pictures of several sizes and kinds, and variants of the small configs."""

import io
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from detection.config import pipeline_pb2 as pb
from detection.config.load import load_config, save_config
from experiments.parity.context import GOLDEN, Context

SMALL_CONFIG = GOLDEN / "model_mobilenet_v2_fpnlite_small" / "pipeline.config"


def export_pictures(context: Context) -> Path:
    """Return a folder with two JPEG files of one size and a grey and a colour PNG, lying and standing."""
    folder = context.folder / "data" / "export_pictures"
    if folder.is_dir():
        return folder
    source = sorted((context.record_folder.parent / "pictures" / "images").iterdir())
    partial = folder.with_suffix(".partial")
    partial.mkdir(parents=True, exist_ok=True)
    for place, path in enumerate(source[:2]):
        (partial / f"{place}.jpg").write_bytes(path.read_bytes())
    (partial / "2.png").write_bytes(_png(Image.open(source[2]).crop((0, 40, 300, 210))))
    (partial / "3.png").write_bytes(_png(Image.open(source[3]).convert("L").crop((60, 0, 190, 260))))
    partial.rename(folder)
    return folder


def padded_config(context: Context) -> Path:
    """Return the small FPNLite model's config with a resizer that keeps the aspect ratio and pads."""
    path = context.folder / "data" / "padded.config"
    config = load_config(SMALL_CONFIG)
    resizer = pb.KeepAspectRatioResizer(min_dimension=128, max_dimension=128, pad_to_max_dimension=True)
    config.model.ssd.image_resizer.keep_aspect_ratio_resizer.CopyFrom(resizer)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_config(config, path)
    return path


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(image)).save(buffer, "PNG")
    return buffer.getvalue()


def few_records(context: Context) -> Path:
    """Return a TFRecord with the first two records only."""
    path = context.folder / "data" / "two.tfrecord"
    if not path.is_file():
        raw = list(tf.data.TFRecordDataset([str(context.records)]).take(2).as_numpy_iterator())
        with tf.io.TFRecordWriter(str(path.with_suffix(".partial"))) as writer:
            for record in raw:
                writer.write(record)
        path.with_suffix(".partial").rename(path)
    return path
