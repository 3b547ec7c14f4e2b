from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.model.anchors import boxes_per_cell, feature_shape, multiscale_anchors

GOLDEN = Path(__file__).parents[1] / "golden"
STATIC = sorted(path.stem for path in GOLDEN.glob("anchors_*.npz") if not path.stem.endswith("dynamic"))


def _message(golden: Any) -> pb.MultiscaleAnchorGenerator:
    return pb.MultiscaleAnchorGenerator(
        min_level=int(golden["min_level"]),
        max_level=int(golden["max_level"]),
        anchor_scale=float(golden["anchor_scale"]),
        aspect_ratios=golden["aspect_ratios"].tolist(),
        scales_per_octave=int(golden["scales_per_octave"]),
        normalize_coordinates=bool(golden["normalize"]),
    )


@pytest.mark.parametrize("name", STATIC)
def test_anchors_equal_the_golden(name: str) -> None:
    golden = np.load(GOLDEN / f"{name}.npz")
    size = tuple(golden["image_size"].tolist())
    levels = range(int(golden["min_level"]), int(golden["max_level"]) + 1)
    anchors = multiscale_anchors(_message(golden), image_size=size, padded_size=size, levels=levels)
    assert anchors.dtype == np.float32
    assert [feature_shape(size, level) for level in levels] == [
        tuple(s) for s in golden["feature_shapes"].tolist()
    ]
    np.testing.assert_allclose(anchors, golden["boxes"], rtol=1e-6, atol=1e-6)


def test_golden_files_exist() -> None:
    assert STATIC == ["anchors_320x320", "anchors_384x256", "anchors_640x640", "anchors_alt0", "anchors_alt1"]


def test_padding_adds_cells_without_moving_anchors() -> None:
    message = pb.MultiscaleAnchorGenerator(anchor_scale=4, aspect_ratios=[1.0], scales_per_octave=1)
    plain = multiscale_anchors(message, image_size=(64, 64), padded_size=(64, 64), levels=[3])
    padded = multiscale_anchors(message, image_size=(64, 64), padded_size=(64, 96), levels=[3])
    assert boxes_per_cell(message) == 1
    assert len(plain) == 64
    assert len(padded) == 96
    np.testing.assert_array_equal(padded.reshape(8, 12, 4)[:, :8], plain.reshape(8, 8, 4))


def test_first_cells_at_640() -> None:
    message = pb.MultiscaleAnchorGenerator(aspect_ratios=[1.0, 2.0, 0.5])
    anchors = multiscale_anchors(message, image_size=(640, 640), padded_size=(640, 640), levels=[3]) * 640
    sizes = anchors[:6, 2:] - anchors[:6, :2]
    root = 32 * 2**0.5
    expected = [[32, 32], [root, root], [root / 2, root], [32, 64], [root, root / 2], [64, 32]]
    np.testing.assert_allclose(sizes, expected, rtol=1e-5)
    np.testing.assert_allclose((anchors[0, :2] + anchors[0, 2:]) / 2, [4, 4], atol=1e-4)
