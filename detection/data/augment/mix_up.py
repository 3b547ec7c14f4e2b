"""`random_mix_up`: blends two images of the batch and keeps the objects of both.

After Zhang et al., "mixup" (2018), in the form for detection of Zhang et al., "Bag of Freebies for Training
Object Detection Neural Networks" (2019). The option exists only in Sweepbox.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from keras import ops

from sweepbox.detection.data.augment.batch_option import FramedBatch
from sweepbox.detection.data.augment.objects import Objects, joined, partners, rows_for, with_objects

Tensor = Any

COLUMNS = 3
"""Noise columns: whether, with which image, with what share."""


def random_mix_up(
    batch: FramedBatch, noise: Tensor, values: Mapping[str, Tensor], switches: Mapping[str, Any]
) -> FramedBatch:
    """Return the batch with some images blended with another one, in the same frame.

    The weight of the image itself is uniform from `min_ratio` to `max_ratio`; the weights of its objects are
    multiplied by it, those of the other's objects by the rest. Pixels that only one of the two images
    covers (the other is padded there) are not blended.
    """
    chosen = noise[:, 0] < values["probability"]
    partner = partners(noise[:, 1])
    ratio = values["min_ratio"] + noise[:, 2] * (values["max_ratio"] - values["min_ratio"])
    ratio = ops.where(chosen, ratio, 1.0)
    share, inside = _pixel_share(batch.inside, partner, ratio)
    images = batch.images * share + ops.take(batch.images, partner, axis=0) * (1.0 - share)
    own = Objects.of(batch)
    other = own.taken(partner)
    own = replace(own, weights=own.weights * ratio[:, None])
    seen = (ratio < 1.0)[:, None]
    other = replace(other, weights=other.weights * (1.0 - ratio[:, None]), present=other.present & seen)
    rows = rows_for(own.rows, 2, switches["max_number_of_boxes"])
    mixed = with_objects(batch, chosen, joined([own, other]).largest(rows))
    sizes = ops.maximum(batch.true_sizes, ops.take(batch.true_sizes, partner, axis=0))
    true_sizes = ops.where(seen, sizes, batch.true_sizes)
    return mixed._replace(images=images, true_sizes=true_sizes, inside=inside)


def _pixel_share(inside: Tensor | None, partner: Tensor, ratio: Tensor) -> tuple[Tensor, Tensor | None]:
    """Return the share of the image itself, `[batch, height or 1, width or 1, 1]`, and where either is."""
    ratio = ratio[:, None, None, None]
    if inside is None:
        return ratio, None
    other = ops.take(inside, partner, axis=0) & (ratio < 1.0)
    share = ops.where(other, ops.where(inside, ratio, 0.0), 1.0)
    return share, inside | other
