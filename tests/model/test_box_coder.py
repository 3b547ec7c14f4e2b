from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.model.box_coder import BoxCoder

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "box_coder.npz")
SCALES = {"10_10_5_5": (10.0, 10.0, 5.0, 5.0), "8_12_4_6": (8.0, 12.0, 4.0, 6.0), "none": (1.0, 1.0, 1.0, 1.0)}


@pytest.mark.parametrize("name", SCALES)
def test_codes_equal_the_golden(name: str) -> None:
    coder = BoxCoder(SCALES[name])
    encoded = coder.encode(GOLDEN["boxes"], GOLDEN["anchors"])
    decoded = coder.decode(GOLDEN["codes"], GOLDEN["anchors"])
    np.testing.assert_allclose(encoded, GOLDEN[f"encoded_{name}"], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(decoded, GOLDEN[f"decoded_{name}"], rtol=1e-5, atol=1e-6)


def test_default_scales_of_a_config() -> None:
    assert BoxCoder.of(pb.FasterRcnnBoxCoder()).scales == SCALES["10_10_5_5"]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0.0625, 1.0, width=32), min_size=8, max_size=8))
def test_decoding_is_the_inverse_of_encoding(numbers: list[float]) -> None:
    corner, size = np.array(numbers, np.float32).reshape(2, 2, 2)
    anchor, box = np.concatenate([corner, corner + size], axis=1)[:, None]
    coder = BoxCoder(SCALES["8_12_4_6"])
    np.testing.assert_allclose(coder.decode(coder.encode(box, anchor), anchor), box, rtol=1e-4, atol=1e-5)
