"""The number of images in an evaluation batch."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from sweepbox.detection.data.cache.record_set import RecordSet
from sweepbox.detection.runner.records import RunRecords


@pytest.mark.parametrize(
    ("images", "group", "rows"),
    [(100, 1, 8), (5, 1, 5), (100, 3, 9), (100, 8, 8), (100, 12, 12), (5, 12, 5), (5, 5, 5), (5, 2, 6)],
)
def test_an_evaluation_batch_has_complete_groups(images: int, group: int, rows: int) -> None:
    unused = cast("RecordSet", SimpleNamespace())
    records = RunRecords((), unused, unused, 8, 8, np.arange(images), group)
    assert records.evaluation_batch == rows
