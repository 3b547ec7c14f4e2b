"""The Arrow files that `pack_photographs` wrote, decoded, so that training maps their pixels.

    python -m experiments.gpu.unpack_photographs PACKED FOLDER

FOLDER gets what `export_decoded_cache` would have written, but decoded by Pillow, as TensorFlow is not there:
its exact transform differs from the fast one of the records' decoder by one grey level in the mean. 260 MB for
767 photographs, a few seconds on 16 cores.
"""

import argparse
import io
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from sweepbox.detection.config.label_map import LABEL_MAP_FILE
from sweepbox.detection.core.files import atomic_path
from sweepbox.detection.data.cache.arrow.writer import ArrowRow, ArrowWriter
from sweepbox.detection.data.cache.record_set import RecordSet
from sweepbox.detection.data.parallel import map_in_order
from sweepbox.detection.runner.decoded_cache import TRAIN_FILE, VALIDATION_FILE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packed", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in (TRAIN_FILE, VALIDATION_FILE):
        unpack(options.packed / name, options.folder / name)
    shutil.copyfile(options.packed / LABEL_MAP_FILE, options.folder / LABEL_MAP_FILE)


def unpack(packed: Path, destination: Path) -> None:
    """Write the record set in `packed` with pixels in place of image files."""
    records = RecordSet.mapped(packed)
    names = records.source_ids

    def row(index: int) -> ArrowRow:
        height, width = records.sizes[index].tolist()
        original_height, original_width = records.original_sizes[index].tolist()
        return ArrowRow(
            image=_pixels(records.stored_image(index).tobytes(), (width, height)),
            size=(width, height),
            original_size=(original_width, original_height),
            file=int(records.files[index]),
            source_id=names[index],
            name=records.name(index),
            ground_truth=records.ground_truth(index),
        )

    with (
        atomic_path(destination) as temporary,
        ArrowWriter(temporary, replace(records.metadata, encoded=False)) as writer,
    ):
        for decoded in map_in_order(row, range(len(records))):
            writer.add(decoded)


def _pixels(encoded: bytes, size: tuple[int, int]) -> np.ndarray:
    """Return the pixels of an image file, uint8 `[height, width, 3]`, at the size (width, height)."""
    with Image.open(io.BytesIO(encoded)) as image:
        pixels = image.convert("RGB")
    if pixels.size != size:
        pixels = pixels.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(pixels)


if __name__ == "__main__":
    main()
