"""The options that mix the images of a batch, by name."""

from collections.abc import Mapping
from typing import Any

from sweepbox.detection.data.augment import mix_up, mosaic
from sweepbox.detection.data.augment.batch_option import BatchOption, FramedBatch

Tensor = Any


def _done_before(
    batch: FramedBatch, _noise: Tensor, _values: Mapping[str, Tensor], _switches: Mapping[str, Any]
) -> FramedBatch:
    """Return the batch unchanged: the option was applied when the batch was assembled."""
    return batch


BATCH_OPTIONS: dict[str, BatchOption] = {
    "random_mosaic": BatchOption(mosaic.COLUMNS, mosaic.random_mosaic),
    "random_mix_up": BatchOption(mix_up.COLUMNS, mix_up.random_mix_up),
    "random_copy_paste": BatchOption(0, _done_before),
}
