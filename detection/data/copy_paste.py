"""`random_copy_paste`: copies objects of rare classes into other training images of a batch.

After Ghiasi et al., "Simple Copy-Paste is a Strong Data Augmentation Method for Instance Segmentation" (2021).
Instead of masks, boxes are cut out with a margin in which the copy fades into the image. The option exists only
in Sweepbox, for classes with few examples.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.batches import Batch
from sweepbox.detection.data.cache.record_set import RecordSet

ATTEMPTS = 20
"""The number of positions that are tried for a copy before it is left out."""
SMALLEST_PIXELS = 4.0
"""Objects with a shorter side below this, in the source or the target image, are not copied."""
NAME = "random_copy_paste"

BatchChange = Callable[[Batch, np.random.Generator], Batch]


@dataclass(frozen=True, eq=False)
class Copy:
    """A cut-out object: `pixels` float32 `[height, width, 3]`, `opacity` `[height, width, 1]` in 0..1.

    `box_yxyx`: the box of the object in these pixels.
    """

    pixels: NDArray[np.float32]
    opacity: NDArray[np.float32]
    box_yxyx: NDArray[np.float32]


class ObjectPaster:
    """Copies objects of a pool into the images of batches, by one `random_copy_paste` option."""

    def __init__(self, option: pb.RandomCopyPaste, records: RecordSet, label_map: LabelMap) -> None:
        self._option = option
        self._records = records
        self._pool = _pool(records, _classes(option, records, label_map))
        if not self._pool:
            raise ConfigError(
                f"{NAME}: no training image has an object of its classes, {SMALLEST_PIXELS:g} pixels large; "
                "name other classes in class_names, or remove the option"
            )

    def __call__(self, batch: Batch, draws: np.random.Generator) -> Batch:
        """Return the batch with copies in some images; its rows of objects grow by `max_objects`."""
        more = self._option.max_objects
        images = batch.images.copy()
        boxes = np.pad(batch.boxes_yxyx, ((0, 0), (0, more), (0, 0)))
        class_ids = np.pad(batch.class_ids, ((0, 0), (0, more)))
        weights = np.pad(batch.weights, ((0, 0), (0, more)))
        for row, (height, width) in enumerate(batch.sizes.tolist()):
            for column in range(boxes.shape[1] - more, boxes.shape[1]):
                if draws.random() >= self._option.probability:
                    continue
                record, place = self._pool[int(draws.integers(len(self._pool)))]
                box = self._paste(images[row, :height, :width], boxes[row], record, place, draws)
                if box is not None:
                    truth = self._records.ground_truth(record)
                    boxes[row, column] = box
                    class_ids[row, column] = truth.class_ids[place] - 1
                    weights[row, column] = truth.weights[place]
        return replace(batch, images=images, boxes_yxyx=boxes, class_ids=class_ids, weights=weights)

    def _paste(
        self,
        image: NDArray[np.uint8],
        boxes_yxyx: NDArray[np.float32],
        record: int,
        place: int,
        draws: np.random.Generator,
    ) -> NDArray[np.float32] | None:
        """Paste an object into an image and return its normalised box; None if it does not fit."""
        source = self._records.image(record)
        size = np.array(image.shape[:2], np.float32)
        fit = float((size / source.shape[:2]).min())
        scale = fit * draws.uniform(self._option.min_scale, self._option.max_scale)
        box = self._records.ground_truth(record).boxes_yxyx[place]
        copy = cut_out(source, box, scale=scale, feather=self._option.feather)
        extent = copy.box_yxyx[2:] - copy.box_yxyx[:2]
        if (extent < SMALLEST_PIXELS).any() or (extent > size).any():
            return None
        existing = boxes_yxyx * np.tile(size, 2)
        for _ in range(ATTEMPTS):
            corner = np.floor(draws.random(2) * (size - extent + 1.0) * (1.0 - 1e-7))
            there = np.concatenate([corner, np.minimum(corner + extent, size)]).astype(np.float32)
            if hidden_share(existing, there) <= self._option.max_overlap:
                blend(image, copy, np.round(corner - copy.box_yxyx[:2]).astype(int))
                normalised: NDArray[np.float32] = there / np.tile(size, 2)
                return normalised
        return None


def _classes(option: pb.RandomCopyPaste, records: RecordSet, label_map: LabelMap) -> frozenset[int]:
    """Return the 1-based ids of the classes that are copied; ConfigError for an unknown name."""
    named = {name: label_map.id_of(name) for name in option.class_names}
    unknown = [name for name, class_id in named.items() if class_id is None]
    unknown += [str(class_id) for class_id in option.class_ids if class_id not in label_map.ids]
    if unknown:
        raise ConfigError(
            f"{NAME}: there is no class {', '.join(unknown)}; the label map has {', '.join(label_map.names)}"
        )
    listed = {class_id for class_id in named.values() if class_id is not None} | set(option.class_ids)
    return frozenset(listed) or _rare(option.max_class_share, records)


def _rare(share: float, records: RecordSet) -> frozenset[int]:
    """Return the ids of the classes with at least one and at most this fraction of all objects."""
    truths = [records.ground_truth(index).class_ids for index in range(len(records))]
    ids, counts = np.unique(np.concatenate(truths), return_counts=True)
    rare = frozenset(ids[counts <= share * counts.sum()].tolist())
    if not rare:
        raise ConfigError(
            f"{NAME}: no class has at most {share:g} of the objects; raise max_class_share, or name classes in "
            "class_names"
        )
    return rare


def _pool(records: RecordSet, classes: frozenset[int]) -> Sequence[tuple[int, int]]:
    """Return record and row of every copyable object of these classes."""
    pool = []
    for index in range(len(records)):
        truth = records.ground_truth(index)
        sides = (truth.boxes_yxyx[:, 2:] - truth.boxes_yxyx[:, :2]) * records.sizes[index]
        good = np.isin(truth.class_ids, list(classes)) & (sides >= SMALLEST_PIXELS).all(axis=1)
        good &= (truth.weights > 0.0) & ~truth.crowd & ~truth.group_of
        pool += [(index, place) for place in np.flatnonzero(good).tolist()]
    return pool


def cut_out(image: NDArray[np.uint8], box_yxyx: NDArray[np.float32], *, scale: float, feather: float) -> Copy:
    """Cut out an object by its normalised box, at `scale`, with a margin of `feather` of its sides.

    The opacity is 1 on the object and falls to 0 at the margin's outer edge.
    """
    size = np.array(image.shape[:2], np.float32)
    low, high = box_yxyx[:2] * size, box_yxyx[2:] * size
    margin = feather * (high - low)
    first = np.maximum(np.floor(low - margin), 0.0).astype(int)
    last = np.minimum(np.ceil(high + margin), size).astype(int)
    height, width = np.maximum(np.round((last - first) * scale), 1.0).astype(int).tolist()
    cut = Image.fromarray(image[first[0] : last[0], first[1] : last[1]])
    pixels = np.asarray(cut.resize((width, height), Image.Resampling.BILINEAR), np.float32)
    by_axis = np.array([height, width]) / (last - first)
    inner = np.concatenate([(low - first) * by_axis, (high - first) * by_axis]).astype(np.float32)
    opacity = [
        _opacity(length, inner[axis], inner[2 + axis], margin[axis] * by_axis[axis])
        for axis, length in enumerate((height, width))
    ]
    return Copy(pixels, (opacity[0][:, None] * opacity[1][None, :])[..., None], inner)


def _opacity(length: int, start: float, end: float, margin: float) -> NDArray[np.float32]:
    """Return the opacity along one axis: 1 from start to end, falling to 0 over the margin on both sides."""
    middle = np.arange(length) + 0.5
    outside = np.maximum(np.maximum(start - middle, middle - end), 0.0)
    opacity: NDArray[np.float32] = np.clip(1.0 - outside / max(margin, 0.5), 0.0, 1.0).astype(np.float32)
    return opacity


def hidden_share(boxes_yxyx: NDArray[np.float32], cover_yxyx: NDArray[np.float32]) -> float:
    """Return the largest fraction of a box that `cover_yxyx` `[4]` hides; boxes without area are ignored."""
    low = np.maximum(boxes_yxyx[:, :2], cover_yxyx[:2])
    high = np.minimum(boxes_yxyx[:, 2:], cover_yxyx[2:])
    hidden = np.prod(np.maximum(high - low, 0.0), axis=1)
    area = np.prod(boxes_yxyx[:, 2:] - boxes_yxyx[:, :2], axis=1)
    return float(np.max(np.where(area > 0.0, hidden / np.maximum(area, 1e-6), 0.0), initial=0.0))


def blend(image: NDArray[np.uint8], copy: Copy, corner: NDArray[np.int_]) -> None:
    """Blend a copy into the image, in place, with its first pixel at `corner`; parts outside are cut off."""
    first = np.maximum(corner, 0)
    last = np.minimum(corner + copy.pixels.shape[:2], image.shape[:2])
    here = np.s_[first[0] : last[0], first[1] : last[1]]
    start, end = first - corner, last - corner
    there = np.s_[start[0] : end[0], start[1] : end[1]]
    opacity = copy.opacity[there]
    mixed = image[here] * (1.0 - opacity) + copy.pixels[there] * opacity
    image[here] = np.clip(np.round(mixed), 0.0, 255.0).astype(np.uint8)


def copy_paste(
    options: Iterable[pb.PreprocessingStep], records: RecordSet, label_map: LabelMap
) -> BatchChange | None:
    """Return the function that applies the `random_copy_paste` options to a batch; None without such options.

    ConfigError if an option names an unknown class, or there is no object to copy.
    """
    pasters = [
        ObjectPaster(step.random_copy_paste, records, label_map) for step in options if step.HasField(NAME)
    ]

    def change(batch: Batch, draws: np.random.Generator) -> Batch:
        for paster in pasters:
            batch = paster(batch, draws)
        return batch

    return change if pasters else None
