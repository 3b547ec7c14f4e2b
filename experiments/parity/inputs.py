"""Input files of both sides: images of several sizes and formats, and variants of the small configs."""

import io
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from experiments.parity.context import GOLDEN, Context, sweepbox
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.load import load_config, save_config

SMALL_CONFIG = GOLDEN / "model_mobilenet_v2_fpnlite_small" / "pipeline.config"


def export_pictures(context: Context) -> Path:
    """Return a folder with two JPEG files of equal size, a landscape colour PNG and a portrait grey PNG."""
    folder = context.folder / "data" / "export_pictures"
    if folder.is_dir():
        return folder
    source = sorted((context.record_folder.parent / "pictures" / "images").iterdir())
    partial = folder.with_suffix(".partial")
    partial.mkdir(parents=True, exist_ok=True)
    for index, path in enumerate(source[:2]):
        (partial / f"{index}.jpg").write_bytes(path.read_bytes())
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
    _copy_first([context.records], 2, path)
    return path


def photograph_records(context: Context) -> Path | None:
    """Return a folder of prepared records of the face-mask photographs, None if these are missing."""
    photographs = context.shared / "face_mask" if context.shared else None
    if photographs is None or not photographs.is_dir():
        return None
    folder = context.folder / "data" / "photographs"
    if not folder.is_dir():
        sweepbox("prepare", str(photographs), str(folder))
    return folder


def split_record(folder: Path, count: int) -> Path:
    """Return a TFRecord with the first `count` records of the validation split."""
    path = folder.parent / f"{folder.name}_{count}.tfrecord"
    _copy_first(sorted(folder.glob("validation-*.tfrecord")), count, path)
    return path


def _copy_first(paths: list[Path], count: int, out: Path) -> None:
    """Write the first `count` records of `paths` to `out`, unless it exists."""
    if out.is_file():
        return
    raw = list(tf.data.TFRecordDataset([str(path) for path in paths]).take(count).as_numpy_iterator())
    partial = out.with_suffix(".partial")
    with tf.io.TFRecordWriter(str(partial)) as writer:
        for record in raw:
            writer.write(record)
    partial.rename(out)
