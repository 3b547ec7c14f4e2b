"""The order of records, compared with runs of the OD API's reader on files of several lengths."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.data.reading import Reading

CASES = json.loads((Path(__file__).parents[1] / "golden" / "reading_orders.json").read_text())


def files_of(sizes: list[int]) -> np.ndarray:
    return np.repeat(np.arange(len(sizes)), sizes).astype(np.int32)


@pytest.mark.parametrize("case", CASES, ids=[" ".join(map(str, list(case.values())[:-1])) for case in CASES])
def test_order_equals_the_od_api(case: dict) -> None:
    sizes, order = case.pop("sizes"), case.pop("order")
    reading = Reading.of(pb.InputReader(shuffle=False, **case))
    assert reading.evaluated(files_of(sizes)).tolist() == order


def test_defaults_equal_the_schema() -> None:
    assert Reading.of(pb.InputReader()) == Reading()
    assert Reading.of(pb.InputReader(sample_1_of_n_examples=0, num_readers=0)).one_of == 1


def test_no_records() -> None:
    assert Reading().order(np.zeros(0, np.int32)).tolist() == []


@given(st.lists(st.integers(1, 9), max_size=6), st.integers(1, 7), st.integers(1, 5))
def test_every_record_is_read_once(sizes: list[int], readers: int, block: int) -> None:
    order = Reading(readers=readers, block=block).order(files_of(sizes))
    assert sorted(order.tolist()) == list(range(sum(sizes)))
    if readers == 1:
        assert order.tolist() == list(range(sum(sizes)))
