"""`random_mosaic`: four images of the batch around a point, each filling its quarter of the frame.

After the mosaic of Bochkovskiy, Wang and Liao, "YOLOv4" (2020). The option exists only in Sweepbox.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from keras import ops

from sweepbox.detection.data.augment.batch_option import FramedBatch
from sweepbox.detection.data.augment.objects import Objects, joined, partners, rows_for, with_objects
from sweepbox.detection.data.augment.sampling import Taps, resample

Tensor = Any

QUARTERS = 4
COMMON = 4
COLUMNS = COMMON + 3 * QUARTERS
"""Noise columns: whether, the centre, the partners; for each quarter its scale and what part is shown."""


@dataclass(frozen=True)
class Quarter:
    """The part of the frame that one image fills, and how, per axis (downwards, across): `[batch, 2]` each.

    `start`, `length`: in pixels of the frame; `scale` `[batch, 1]`: pixels of the frame per pixel of the image;
    `shift`: pixels of the enlarged image that lie before the quarter's first one. All float32.
    """

    start: Tensor
    length: Tensor
    scale: Tensor
    shift: Tensor

    def shifted(self, uniform: Tensor, sizes: Tensor) -> "Quarter":
        """Return the quarter showing any part of images of `sizes` that fills it, by noise `[batch, 2]`."""
        return replace(self, shift=uniform * ops.maximum(sizes * self.scale - self.length, 0.0))


def random_mosaic(
    batch: FramedBatch, noise: Tensor, values: Mapping[str, Tensor], switches: Mapping[str, Any]
) -> FramedBatch:
    """Return the batch with some images replaced by mosaics; see the schema's `RandomMosaic` for the fields.

    The image itself is at the top left; the other three are drawn from the batch, without repetition if it has
    four. The visible part of an image is uniform among those that fit. Boxes are moved, cut to their quarter
    and dropped if less than `min_visible_area` of them remains.
    """
    height, width = batch.images.shape[1:3]
    frame = ops.convert_to_tensor([float(height), float(width)])
    chosen = noise[:, 0] < values["probability"]
    share = values["min_center"] + noise[:, 1:3] * (values["max_center"] - values["min_center"])
    centre = ops.clip(ops.round(share * frame), 1.0, frame - 1.0)
    images, objects = batch.images, []
    for place in range(QUARTERS):
        partner = partners(noise[:, 3], place) if place else ops.arange(ops.shape(chosen)[0], dtype="int32")
        sizes = ops.cast(ops.take(batch.true_sizes, partner, axis=0), "float32")
        first = COMMON + 3 * place
        drawn = noise[:, first : first + 3]
        scale = values["min_scale"] + drawn[:, :1] * (values["max_scale"] - values["min_scale"])
        quarter = _quarter(place, centre, frame, sizes=sizes, scale=scale).shifted(drawn[:, 1:], sizes)
        shown = _shown(ops.take(batch.images, partner, axis=0), quarter, sizes)
        inside = _inside(quarter, (height, width)) & chosen[:, None, None, None]
        images = ops.where(inside, shown, images)
        moved = _moved(Objects.of(batch).taken(partner), quarter, frame, values["min_visible_area"])
        objects.append(moved)
    rows = rows_for(batch.present.shape[1], QUARTERS, switches["max_number_of_boxes"])
    mixed = with_objects(batch, chosen, joined(objects).largest(rows))
    whole = ops.cast(frame, "int32")[None, :]
    kept = None if batch.inside is None else batch.inside | chosen[:, None, None, None]
    true_sizes = ops.where(chosen[:, None], whole, batch.true_sizes)
    return mixed._replace(images=images, true_sizes=true_sizes, inside=kept)


def _quarter(place: int, centre: Tensor, frame: Tensor, *, sizes: Tensor, scale: Tensor) -> Quarter:
    """Return where the image of `sizes` float32 `[batch, 2]` is shown; quarters count along the rows.

    The scale `[batch, 1]` is raised where the image would not fill the quarter.
    """
    is_second = ops.convert_to_tensor([float(place // 2), float(place % 2)])
    start = is_second * centre
    length = is_second * (frame - centre) + (1.0 - is_second) * centre
    scale = ops.maximum(scale, ops.max(length / sizes, axis=1, keepdims=True))
    return Quarter(start, length, scale, ops.zeros_like(start))


def _shown(images: Tensor, quarter: Quarter, sizes: Tensor) -> Tensor:
    """Return the images on the whole frame; only pixels inside the quarter are valid."""
    taps = [_taps(axis, images.shape[1 + axis], quarter, sizes) for axis in range(2)]
    return resample(images, *taps)


def _taps(axis: int, output: int, quarter: Quarter, sizes: Tensor) -> Taps:
    """Return where each line of the frame lies between two lines of the image."""
    line = ops.arange(output, dtype="float32")[None, :]
    position = (line - quarter.start[:, axis : axis + 1] + quarter.shift[:, axis : axis + 1]) / quarter.scale
    last = sizes[:, axis : axis + 1] - 1.0
    position = ops.maximum(ops.minimum(position, last), 0.0)
    lower = ops.floor(position)
    upper = ops.minimum(lower + 1.0, last)
    share = position - lower
    return Taps((ops.cast(lower, "int32"), ops.cast(upper, "int32")), (1.0 - share, share))


def _inside(quarter: Quarter, size: tuple[int, int]) -> Tensor:
    """Return bool `[batch, height, width, 1]`: the pixels of the quarter."""
    row, column = (
        (line >= quarter.start[:, axis : axis + 1])
        & (line < (quarter.start + quarter.length)[:, axis : axis + 1])
        for axis, line in ((axis, ops.arange(size[axis], dtype="float32")[None, :]) for axis in range(2))
    )
    return row[:, :, None, None] & column[:, None, :, None]


def _moved(objects: Objects, quarter: Quarter, frame: Tensor, visible: Tensor) -> Objects:
    """Return the objects in the frame, cut to the quarter; those with too little area are not present."""
    start, scale = quarter.start[:, None, :], quarter.scale[:, None, :]
    low, high = (
        corner * frame * scale - quarter.shift[:, None, :] + start
        for corner in (objects.boxes_yxyx[..., :2], objects.boxes_yxyx[..., 2:])
    )
    end = start + quarter.length[:, None, :]
    cut_low, cut_high = ops.maximum(low, start), ops.minimum(high, end)
    left = ops.prod(ops.maximum(cut_high - cut_low, 0.0), axis=-1)
    stays = (left > 0.0) & (left >= visible * ops.prod(high - low, axis=-1))
    boxes = ops.concatenate([cut_low / frame, cut_high / frame], axis=-1)
    return replace(objects, boxes_yxyx=boxes, present=objects.present & stays)
