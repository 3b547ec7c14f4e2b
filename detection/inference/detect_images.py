"""Detects objects in many images; writes annotated copies and `detections.json`."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sweepbox.detection.core.detections import Detections
from sweepbox.detection.core.errors import DataError, UsageError
from sweepbox.detection.core.files import write_json
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.inference.detector import Detector
from sweepbox.detection.inference.draw import DEFAULT_THRESHOLD, draw_detections
from sweepbox.detection.inference.images import SUFFIXES, read_image

RESULTS_FILE = "detections.json"
JPEG_QUALITY = 95


@dataclass(frozen=True, eq=False)
class DetectedImage:
    """The detections in one image.

    Attributes:
        source: The image file.
        written: The annotated copy.
        height: The height in pixels after the rotation by the EXIF orientation.
        width: The width in pixels after the rotation by the EXIF orientation.
        detections: The detections.
    """

    source: Path
    written: Path
    height: int
    width: int
    detections: Detections


def detect_images(
    detector: Detector,
    images: Sequence[Path],
    out: Path,
    *,
    labels: LabelMap,
    threshold: float | None = None,
    overwrite: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[DetectedImage, ...]:
    """Write an annotated copy of each image, with the same name, and `detections.json` into a folder.

    All images are read before the first detection, and all files are moved into `out` when they are complete,
    so that an error leaves `out` unchanged. Other files in `out` are kept.

    Args:
        detector: The detector.
        images: The image files.
        out: The folder to write to.
        labels: The classes.
        threshold: The lowest score of a detection; by default the operating thresholds of the detector, or 0.5
            without these.
        overwrite: Replace existing files.
        on_progress: Called with the number of finished images and their total.

    Raises:
        DataError: An image cannot be read, or an image of its format cannot be written.
        UsageError: There are no images, two images have the same name, a file exists (unless `overwrite`), or a
            copy would overwrite its source.
    """
    targets = _targets(images, out, overwrite=overwrite)
    used = DEFAULT_THRESHOLD if threshold is None and detector.thresholds is None else threshold
    for path in images:
        read_image(path)
    out.parent.mkdir(parents=True, exist_ok=True)
    found = []
    with TemporaryDirectory(prefix=f".{out.name}.", suffix=".tmp", dir=out.parent) as staging:
        for source, target in zip(images, targets, strict=True):
            image = read_image(source)
            detections = detector.detect(image, threshold=used)
            _save(draw_detections(image, detections, labels, 0.0), Path(staging) / target.name)
            found.append(DetectedImage(source, target, image.shape[0], image.shape[1], detections))
            if on_progress is not None:
                on_progress(len(found), len(images))
        write_json(Path(staging) / RESULTS_FILE, coco_results(found))
        out.mkdir(exist_ok=True)
        for target in (*targets, out / RESULTS_FILE):
            shutil.move(Path(staging) / target.name, target)
    return tuple(found)


def coco_results(found: Sequence[DetectedImage]) -> list[dict[str, Any]]:
    """Return one entry per detection in the COCO results format.

    `image_id` is the number of the image from 1, `category_id` the 1-based class id, `bbox` x, y, width and
    height in pixels of the upright image, and `score` is in 0..1. In addition to the COCO keys, each entry has
    `file_name`, the name of the image.
    """
    return [
        {
            "image_id": number,
            "category_id": int(class_id),
            "bbox": [round(float(side), 3) for side in box],
            "score": round(float(score), 6),
            "file_name": image.source.name,
        }
        for number, image in enumerate(found, start=1)
        for box, score, class_id in zip(
            _xywh_pixels(image),
            image.detections.scores,
            image.detections.class_ids,
            strict=True,
        )
    ]


def _xywh_pixels(image: DetectedImage) -> NDArray[np.float64]:
    """Return the boxes `[n, 4]` as x, y, width, height in pixels."""
    scale = [image.height, image.width, image.height, image.width]
    top, left, bottom, right = (image.detections.boxes_yxyx.astype(np.float64) * scale).T
    return np.stack([left, top, right - left, bottom - top], axis=-1)


def _targets(images: Sequence[Path], out: Path, *, overwrite: bool) -> tuple[Path, ...]:
    """Return the paths of the annotated copies; UsageError if they or the results cannot be written."""
    if not images:
        raise UsageError("there are no images; name at least one")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: is a file; name a folder")
    sources: dict[str, Path] = {}
    for image in images:
        if image.suffix.lower() not in SUFFIXES:
            raise DataError(
                f"{image}: cannot write {image.suffix!r} images; supported are {', '.join(SUFFIXES)} (save the "
                "frames of a video as images first)"
            )
        other = sources.setdefault(image.name, image)
        if other is not image:
            raise UsageError(
                f"{other} and {image} would both be written as {image.name}; process them separately"
            )
    inputs = {image.resolve() for image in images}
    for target in (*(out / name for name in sources), out / RESULTS_FILE):
        if target.resolve() in inputs:
            raise UsageError(f"{target}: would overwrite its own source; name another folder")
        if target.exists() and not overwrite:
            raise UsageError(f"{target}: exists already; name another folder or replace it with --overwrite")
    return tuple(out / name for name in sources)


def _save(image: Image.Image, path: Path) -> None:
    """Write an image in the format of the file's suffix."""
    options = {"quality": JPEG_QUALITY} if path.suffix.lower() in (".jpg", ".jpeg") else {}
    image.save(path, format=None, **options)
