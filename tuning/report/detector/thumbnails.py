"""Small pictures of validation images, as files in a sweep's folder."""

import io
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sweepbox.detection.analysis.detector_analysis import DetectorAnalysis
from sweepbox.detection.core.files import write_bytes
from sweepbox.detection.post_training.checkpoint_images import CheckpointImages
from sweepbox.tuning.report.detector.document import Thumbnail
from sweepbox.tuning.storage.folder import SweepFolder

LONGEST_SIDE = 240
"""The longer side of a thumbnail in pixels."""

MOST_THUMBNAILS = 24
MOST_BYTES = 24_000
"""The size of a thumbnail's file; all together take at most 0.6 MB, and 0.8 MB in a page."""

QUALITIES = (70, 50, 30, 15)
"""The qualities of JPEG to try; the first one whose file is small enough is used."""


def pictured_images(analysis: DetectorAnalysis) -> tuple[tuple[int, str], ...]:
    """Return position and name of at most `MOST_THUMBNAILS` images: the worst, then those with suspects."""
    wanted = [(item.image, item.name) for item in analysis.worst]
    wanted += [(item.image, item.name) for item in analysis.suspects]
    return tuple(dict.fromkeys(wanted))[:MOST_THUMBNAILS]


def write_thumbnails(
    folder: SweepFolder, images: CheckpointImages, names: Iterable[tuple[int, str]]
) -> tuple[Thumbnail, ...]:
    """Write the thumbnails of images.

    Args:
        folder: The sweep's folder.
        images: The images.
        names: Position and name of each image to write.
    """
    written = []
    for position, name in names:
        pixels = images.records.image(int(images.indices[position]))
        data, (height, width) = thumbnail(pixels)
        file = f"{position:05d}.jpg"
        write_bytes(folder.thumbnails / file, data)
        written.append(Thumbnail(position, name, file, height, width))
    return tuple(written)


def remove_others(folder: SweepFolder, kept: Iterable[Thumbnail]) -> None:
    """Remove the thumbnails of earlier reports."""
    names = {item.file for item in kept}
    for path in folder.thumbnails.glob("*.jpg"):
        if path.name not in names:
            path.unlink(missing_ok=True)


def thumbnail(pixels: NDArray[np.uint8]) -> tuple[bytes, tuple[int, int]]:
    """Return an image `[height, width, 3]` as a small JPEG, and its height and width; it is never enlarged."""
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    data = b""
    for quality in QUALITIES:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality, optimize=True)
        data = file.getvalue()
        if len(data) <= MOST_BYTES:
            break
    return data, (picture.height, picture.width)
