"""The objects of a framed batch: taking those of other images, and selecting the largest."""

from dataclasses import dataclass
from typing import Any

from keras import ops

from sweepbox.detection.data.augment.batch_option import FramedBatch
from sweepbox.detection.data.augment.select import select

Tensor = Any


@dataclass(frozen=True)
class Objects:
    """The objects of each image: boxes `[batch, rows, 4]`, the rest `[batch, rows]`; see `FramedBatch`."""

    boxes_yxyx: Tensor
    class_ids: Tensor
    weights: Tensor
    present: Tensor

    @classmethod
    def of(cls, batch: FramedBatch) -> "Objects":
        """Return the objects of a batch."""
        return cls(batch.boxes_yxyx, batch.class_ids, batch.weights, batch.present)

    @property
    def rows(self) -> int:
        """The static number of rows."""
        return int(self.present.shape[1])

    def taken(self, images: Tensor) -> "Objects":
        """Return for each image the objects of another image, whose index is in `images` int32 `[batch]`."""
        parts = (self.boxes_yxyx, self.class_ids, self.weights, self.present)
        return Objects(*(ops.take(part, images, axis=0) for part in parts))

    def extended(self, rows: int) -> "Objects":
        """Return the objects with `rows` rows, the added rows without an object."""
        more = rows - self.rows
        return Objects(
            ops.pad(self.boxes_yxyx, ((0, 0), (0, more), (0, 0))),
            ops.pad(self.class_ids, ((0, 0), (0, more))),
            ops.pad(self.weights, ((0, 0), (0, more))),
            ops.cast(ops.pad(ops.cast(self.present, "int32"), ((0, 0), (0, more))), "bool"),
        )

    def largest(self, rows: int) -> "Objects":
        """Return at most `rows` rows: the present objects of largest area, ties to the lower row."""
        if self.rows <= rows:
            return self
        high, low = self.boxes_yxyx[..., 2:], self.boxes_yxyx[..., :2]
        area = ops.where(self.present, ops.prod(high - low, axis=-1), -1.0)
        order = ops.cast(ops.argsort(-area, axis=1), "int32")[:, :rows]
        return Objects(
            ops.take_along_axis(self.boxes_yxyx, order[:, :, None], axis=1),
            *(
                ops.take_along_axis(part, order, axis=1)
                for part in (self.class_ids, self.weights, self.present)
            ),
        )


def joined(parts: list[Objects]) -> Objects:
    """Return the objects of several sets, side by side."""
    return Objects(
        ops.concatenate([part.boxes_yxyx for part in parts], axis=1),
        ops.concatenate([part.class_ids for part in parts], axis=1),
        ops.concatenate([part.weights for part in parts], axis=1),
        ops.concatenate([part.present for part in parts], axis=1),
    )


def rows_for(given: int, images: int, limit: int) -> int:
    """Return how many rows the objects of several images get, of `given` each; a limit is at least one's."""
    return min(images * given, max(given, limit))


def partners(uniform: Tensor, place: int = 0) -> Tensor:
    """Return for each image the index of another, int32 `[batch]`; its own if it is the only one.

    Different positions give different images if there are enough. Batches are shuffled, so neighbours are used.
    """
    batch = ops.shape(uniform)[0]
    others = ops.maximum(batch - 1, 1)
    drawn = ops.cast(ops.floor(uniform * ops.cast(others, "float32")), "int32")
    return (ops.arange(batch, dtype="int32") + 1 + (drawn + place) % others) % batch


def with_objects(batch: FramedBatch, chosen: Tensor, changed: Objects) -> FramedBatch:
    """Return the batch with other objects where `chosen` bool `[batch]` is true; the rows become as many."""
    own = Objects.of(batch).extended(changed.rows)
    objects = select(chosen, changed, own)
    return batch._replace(
        boxes_yxyx=objects.boxes_yxyx,
        class_ids=objects.class_ids,
        weights=objects.weights,
        present=objects.present,
    )
