"""Detection of many pictures into a folder: annotated copies and `detections.json`."""

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
from sweepbox.detection.inference.draw import draw_detections
from sweepbox.detection.inference.images import SUFFIXES, read_image

RESULTS_FILE = "detections.json"
JPEG_QUALITY = 95


@dataclass(frozen=True, eq=False)
class DetectedPicture:
    """What was found in one picture; height and width are of the upright picture, `written` is the copy."""

    source: Path
    written: Path
    height: int
    width: int
    detections: Detections


def detect_pictures(
    detector: Detector,
    pictures: Sequence[Path],
    out: Path,
    *,
    labels: LabelMap,
    threshold: float = 0.5,
    overwrite: bool = False,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[DetectedPicture, ...]:
    """Write an annotated copy of each picture, under its own name, and `detections.json` into `out`.

    Only detections with a score of at least `threshold`. All or nothing: every picture is read before the first
    detection, and the files move into `out` when all are complete; other files there stay. `on_progress` is
    called with the number of pictures done and their total. DataError for a picture that cannot be read;
    UsageError where two pictures have one name, a file would be overwritten (unless `overwrite`), or a picture
    would overwrite its own source.
    """
    targets = _targets(pictures, out, overwrite=overwrite)
    for picture in pictures:
        read_image(picture)
    out.parent.mkdir(parents=True, exist_ok=True)
    found = []
    with TemporaryDirectory(prefix=f".{out.name}.", suffix=".tmp", dir=out.parent) as staging:
        for source, target in zip(pictures, targets, strict=True):
            image = read_image(source)
            detections = detector.detect(image, threshold=threshold)
            _save(draw_detections(image, detections, labels, threshold), Path(staging) / target.name)
            found.append(DetectedPicture(source, target, image.shape[0], image.shape[1], detections))
            if on_progress is not None:
                on_progress(len(found), len(pictures))
        write_json(Path(staging) / RESULTS_FILE, coco_results(found))
        out.mkdir(exist_ok=True)
        for target in (*targets, out / RESULTS_FILE):
            shutil.move(Path(staging) / target.name, target)
    return tuple(found)


def coco_results(found: Sequence[DetectedPicture]) -> list[dict[str, Any]]:
    """Return detections in COCO's results form, one entry each.

    `image_id` counts the pictures from 1 in the order given, `category_id` is the 1-based class id, `bbox` is
    x, y, width, height in pixels of the upright picture, `score` lies in 0..1. Besides COCO's keys each entry
    has `file_name`, the picture's name.
    """
    return [
        {
            "image_id": number,
            "category_id": int(class_id),
            "bbox": [round(float(side), 3) for side in box],
            "score": round(float(score), 6),
            "file_name": picture.source.name,
        }
        for number, picture in enumerate(found, start=1)
        for box, score, class_id in zip(
            _xywh_pixels(picture),
            picture.detections.scores,
            picture.detections.class_ids,
            strict=True,
        )
    ]


def _xywh_pixels(picture: DetectedPicture) -> NDArray[np.float64]:
    """Return the boxes `[n, 4]` as x, y, width, height in pixels."""
    scale = [picture.height, picture.width, picture.height, picture.width]
    top, left, bottom, right = (picture.detections.boxes_yxyx.astype(np.float64) * scale).T
    return np.stack([left, top, right - left, bottom - top], axis=-1)


def _targets(pictures: Sequence[Path], out: Path, *, overwrite: bool) -> tuple[Path, ...]:
    """Return where the annotated copies go; UsageError where they or the results may not be written there."""
    if not pictures:
        raise UsageError("there is no picture to detect objects in; name at least one")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: is a file; name a folder")
    sources: dict[str, Path] = {}
    for picture in pictures:
        if picture.suffix.lower() not in SUFFIXES:
            raise DataError(
                f"{picture}: cannot write {picture.suffix!r} pictures; use one of {', '.join(SUFFIXES)}"
            )
        other = sources.setdefault(picture.name, picture)
        if other is not picture:
            raise UsageError(f"{other} and {picture} would both be written as {picture.name}; run them apart")
    written = {picture.resolve() for picture in pictures}
    for target in (*(out / name for name in sources), out / RESULTS_FILE):
        if target.resolve() in written:
            raise UsageError(f"{target}: would overwrite its own source; name another folder")
        if target.exists() and not overwrite:
            raise UsageError(f"{target}: exists already; name another folder or allow it with --overwrite")
    return tuple(out / name for name in sources)


def _save(picture: Image.Image, path: Path) -> None:
    """Write a picture in the format that its name says."""
    options = {"quality": JPEG_QUALITY} if path.suffix.lower() in (".jpg", ".jpeg") else {}
    picture.save(path, format=None, **options)
