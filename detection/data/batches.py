"""Batches of equal shape from a record set: an endless sequence for training, one pass for evaluation."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.seeds import generator
from sweepbox.detection.data.cache.record_set import RecordSet
from sweepbox.detection.data.reading import Reading


@dataclass(frozen=True, eq=False)
class Batch:
    """Images on a common canvas with their objects, padded to one shape.

    Padding objects are all zeros. Padding rows (only in the last evaluation batch) have index -1 and size 1 x
    1.

    Attributes:
        images: uint8 `[batch, canvas_h, canvas_w, 3]`, each image in the top left corner.
        sizes: int32 `[batch, 2]`, height and width of each image there.
        boxes_yxyx: float32 `[batch, boxes, 4]`, normalised to the image.
        class_ids: int32 `[batch, boxes]`, 0-based.
        weights: float32 `[batch, boxes]`.
        noise: float32 `[batch, columns]` in [0, 1).
        indices: int64 `[batch]` into the record set.
    """

    images: NDArray[np.uint8]
    sizes: NDArray[np.int32]
    boxes_yxyx: NDArray[np.float32]
    class_ids: NDArray[np.int32]
    weights: NDArray[np.float32]
    noise: NDArray[np.float32]
    indices: NDArray[np.int64]


def assemble(
    records: RecordSet, indices: NDArray[np.int64], *, max_boxes: int, noise: NDArray[np.float32]
) -> Batch:
    """Return the batch of the records at `indices`, where -1 is a padding row.

    Objects past `max_boxes` are dropped. Threads decode images that are stored encoded.
    """
    count = len(indices)
    images = np.empty((count, *records.canvas, 3), np.uint8)
    images[indices < 0] = 0
    sizes = np.ones((count, 2), np.int32)
    boxes = np.zeros((count, max_boxes, 4), np.float32)
    class_ids = np.zeros((count, max_boxes), np.int32)
    weights = np.zeros((count, max_boxes), np.float32)
    rows = np.flatnonzero(indices >= 0).tolist()
    chosen = indices[rows].tolist()
    for row, index, image in zip(rows, chosen, records.images(chosen), strict=True):
        truth = records.ground_truth(index)
        objects = min(len(truth), max_boxes)
        height, width = image.shape[:2]
        images[row, :height, :width] = image
        images[row, height:] = 0
        images[row, :height, width:] = 0
        sizes[row] = height, width
        boxes[row, :objects] = truth.boxes_yxyx[:objects]
        class_ids[row, :objects] = truth.class_ids[:objects] - 1
        weights[row, :objects] = truth.weights[:objects]
    return Batch(images, sizes, boxes, class_ids, weights, noise, indices)


def evaluation_batches(
    records: RecordSet, *, indices: NDArray[np.int64], batch_size: int, max_boxes: int
) -> Iterator[Batch]:
    """Yield the records at `indices` once, in that order; padding rows complete the last batch."""
    noise = np.zeros((batch_size, 0), np.float32)
    for start in range(0, len(indices), batch_size):
        chosen = indices[start : start + batch_size]
        filled = np.pad(chosen, (0, batch_size - len(chosen)), constant_values=-1)
        yield assemble(records, filled, max_boxes=max_boxes, noise=noise)


class TrainingBatches:
    """An endless sequence of training batches; each is a pure function of the seed and its step.

    The records are shuffled for every epoch (or always in the files' order, as `reading` says) and taken in
    that order without a gap: a batch may span two epochs, and every record comes once in an epoch. `reading`
    may take only one of every n records of this sequence. So training that resumes at step `s` sees the same
    batches as without the interruption.

    Args:
        records: The record set.
        batch_size: The number of images of a batch.
        max_boxes: The number of object rows of an image.
        noise_columns: The number of random numbers for an image.
        seed: Decides the order and the random numbers.
        reading: Order and sampling of the records; the schema's defaults if None.
        change: Called with each batch and a generator for its step; returns the batch to use.

    Raises:
        DataError: There are no records.
    """

    def __init__(
        self,
        records: RecordSet,
        *,
        batch_size: int,
        max_boxes: int,
        noise_columns: int,
        seed: int,
        reading: Reading | None = None,
        change: Callable[[Batch, np.random.Generator], Batch] | None = None,
    ) -> None:
        if not len(records):
            raise DataError("the training records hold no image; prepare the data again")
        self._records = records
        self._batch_size = batch_size
        self._max_boxes = max_boxes
        self._noise_columns = noise_columns
        self._seed = seed
        self._reading = reading or Reading()
        self._change = change
        self._orders: dict[int, NDArray[np.int64]] = {}
        self.waited_s = 0.0
        """Seconds that consumers of `iterate` have waited for batches."""

    def indices_at(self, step: int) -> NDArray[np.int64]:
        """Return the records in the batch of a step, int64 `[batch]`."""
        places = np.arange(step * self._batch_size, (step + 1) * self._batch_size)
        epochs, offsets = np.divmod(places * self._reading.one_of, len(self._records))
        pairs = zip(epochs.tolist(), offsets.tolist(), strict=True)
        return np.array([self._order(epoch)[offset] for epoch, offset in pairs], np.int64)

    def at(self, step: int) -> Batch:
        """Return the batch of a step (0 is the first)."""
        draws = generator(self._seed, "augmentation", step)
        noise = draws.random((self._batch_size, self._noise_columns), np.float32)
        batch = assemble(self._records, self.indices_at(step), max_boxes=self._max_boxes, noise=noise)
        if self._change is None:
            return batch
        return self._change(batch, generator(self._seed, "change", step))

    def iterate(self, start_step: int, *, prefetch: int = 2) -> Iterator[Batch]:
        """Yield the batches from a step on; a thread prepares up to `prefetch` of them in advance.

        An error in the thread is raised here. Closing the iterator ends the thread.
        """
        ready: queue.Queue[Batch | Exception] = queue.Queue(maxsize=prefetch)
        stop = threading.Event()
        thread = threading.Thread(
            target=self._prepare, args=(start_step, ready, stop), name="training-batches", daemon=True
        )
        thread.start()
        try:
            while True:
                before = time.monotonic()
                batch = ready.get()
                self.waited_s += time.monotonic() - before
                if isinstance(batch, Exception):
                    raise batch
                yield batch
        finally:
            stop.set()
            thread.join()

    def _prepare(self, step: int, ready: "queue.Queue[Batch | Exception]", stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                item: Batch | Exception = self.at(step)
            except Exception as error:  # noqa: BLE001 - passed to the consumer, which raises it
                item = error
            _put(ready, item, stop)
            if isinstance(item, Exception):
                return
            step += 1

    def _order(self, epoch: int) -> NDArray[np.int64]:
        """Return the order of an epoch, shuffled if `reading` says so; the last few are cached."""
        if not self._reading.shuffle:
            epoch = 0
        if epoch not in self._orders:
            if len(self._orders) > 4:
                self._orders.pop(min(self._orders), None)
            self._orders[epoch] = self._new_order(epoch)
        return self._orders[epoch]

    def _new_order(self, epoch: int) -> NDArray[np.int64]:
        if not self._reading.shuffle:
            return self._reading.order(self._records.files)
        return generator(self._seed, "order", epoch).permutation(len(self._records))


def _put(ready: "queue.Queue[Batch | Exception]", item: Batch | Exception, stop: threading.Event) -> None:
    """Put an item into the queue as soon as it is not full, or return when `stop` is set."""
    while not stop.is_set():
        try:
            ready.put(item, timeout=0.1)
        except queue.Full:
            continue
        return
