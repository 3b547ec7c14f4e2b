"""Draws a training batch as the network gets it, after all augmentation."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import NDArray
from PIL import Image

from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.augment import build_preprocessor
from sweepbox.detection.inference.draw import draw_objects
from sweepbox.detection.model.ssd import normalised
from sweepbox.detection.runner.batches import training_batches
from sweepbox.detection.runner.records import open_records
from sweepbox.detection.runner.settings import RunSettings, check_settings
from sweepbox.detection.training.step import arrays_of

LEAST_SIDE_PIXELS = 320
"""Smaller images are enlarged by a whole factor, each pixel to a square."""
SHEET_COLUMNS = 4
GAP_PIXELS = 8
SHEET = "sheet.png"


@dataclass(frozen=True, eq=False)
class ShownImage:
    """An image of a training batch.

    Attributes:
        name: The name of the image that was read.
        pixels: uint8 `[height, width, 3]`: the network's input, in the range before its normalisation.
        boxes_yxyx: float32 `[n, 4]`, normalised to the frame.
        class_ids: int64 `[n]`, 1-based.
        weights: float32 `[n]`: how much each object counts.
    """

    name: str
    pixels: NDArray[np.uint8]
    boxes_yxyx: NDArray[np.float32]
    class_ids: NDArray[np.int64]
    weights: NDArray[np.float32]


def training_images(settings: RunSettings, step: int) -> list[ShownImage]:
    """Return the batch of a step, 0 the first, as the training of these settings gets it.

    The images, the random numbers and the code are those of the training; no network is built.

    Raises:
        ConfigError, DataError: See `TrainingRun`.
    """
    check_settings(settings)
    records = open_records(settings)
    ssd = settings.config.model.ssd
    preprocessor = build_preprocessor(ssd.image_resizer, settings.config.train_config.data_augmentation_options)
    batch = training_batches(settings, records, preprocessor).at(step)
    normalise = partial(normalised, extractor=ssd.feature_extractor)
    ready = preprocessor(*arrays_of(batch), normalise=normalise)
    images = _before_normalisation(_array(ready.images), normalise)
    parts = [_array(part) for part in (ready.boxes_yxyx, ready.class_ids, ready.weights)]
    found = []
    for row, index in enumerate(batch.indices.tolist()):
        boxes, class_ids, weights = (part[row] for part in parts)
        real = boxes.any(axis=1)
        name = records.train.name(index)
        ids = class_ids[real].astype(np.int64) + 1
        found.append(ShownImage(name, images[row], boxes[real], ids, weights[real]))
    return found


def draw_batch(images: list[ShownImage], labels: LabelMap, directory: Path) -> list[Path]:
    """Write a picture of each image with its boxes, and `SHEET` with all; return the files, `SHEET` last."""
    directory.mkdir(parents=True, exist_ok=True)
    drawn = [_drawn(image, labels) for image in images]
    files = []
    for number, picture in enumerate(drawn):
        files.append(directory / f"image-{number:03d}.png")
        picture.save(files[-1])
    files.append(directory / SHEET)
    _sheet(drawn).save(files[-1])
    return files


def _before_normalisation(images: NDArray[np.float32], normalise: Callable[[Any], Any]) -> NDArray[np.uint8]:
    """Return images in 0..255; the network's normalisation is linear in each channel."""
    ends = [_array(normalise(np.full((1, 1, 1, 3), value, np.float32)))[0, 0, 0] for value in (0.0, 255.0)]
    pixels = (images - ends[0]) / (ends[1] - ends[0]) * 255
    found: NDArray[np.uint8] = pixels.round().clip(0, 255).astype(np.uint8)
    return found


def _array(tensor: Any) -> NDArray[Any]:
    return np.asarray(ops.convert_to_numpy(tensor))


def _drawn(image: ShownImage, labels: LabelMap) -> Image.Image:
    factor = max(1, -(-LEAST_SIDE_PIXELS // max(image.pixels.shape[:2])))
    enlarged = np.repeat(np.repeat(image.pixels, factor, axis=0), factor, axis=1)
    notes = ["" if weight == 1 else f"(weight {weight:.2g})" for weight in image.weights.tolist()]
    return draw_objects(enlarged, image.boxes_yxyx, image.class_ids, labels, notes=notes)


def _sheet(pictures: list[Image.Image]) -> Image.Image:
    columns = min(SHEET_COLUMNS, len(pictures))
    rows = -(-len(pictures) // columns)
    width, height = (side + GAP_PIXELS for side in pictures[0].size)
    sheet = Image.new("RGB", (columns * width - GAP_PIXELS, rows * height - GAP_PIXELS), "white")
    for number, picture in enumerate(pictures):
        sheet.paste(picture, (number % columns * width, number // columns * height))
    return sheet
