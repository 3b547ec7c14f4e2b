from pathlib import Path

import numpy as np
import pytest
from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import apply_edits, parse_edit
from sweepbox.detection.config.load import load_config
from sweepbox.detection.diagnosis.anchor_maps import AnchorMaps
from sweepbox.detection.model.anchor_generator import anchors_of
from sweepbox.detection.model.matcher import pairwise_iou
from tests.tiny import QUICKSTART

GOLDEN = Path(__file__).parents[1] / "golden"
CLASSIC = GOLDEN / "model_mobilenet_v1_ssd_small" / "pipeline.config"
FIXED = "model.ssd.image_resizer.fixed_shape_resizer"


def ssd_of(path: Path, *edits: str) -> pb.Ssd:
    return apply_edits(load_config(path), map(parse_edit, edits)).model.ssd


@pytest.mark.parametrize(
    "ssd",
    [
        ssd_of(QUICKSTART),
        ssd_of(QUICKSTART, f"{FIXED}.height=256", f"{FIXED}.width=160", "scales_per_octave=3"),
        ssd_of(QUICKSTART, "image_size=100", "model.ssd.feature_extractor.pad_to_multiple=32"),
        ssd_of(CLASSIC),
        ssd_of(CLASSIC, f"{FIXED}.height=200", f"{FIXED}.width=300"),
    ],
)
def test_the_best_iou_is_that_of_all_anchors(ssd: pb.Ssd) -> None:
    random = np.random.default_rng(1)
    corners = random.uniform(-0.1, 1.1, (200, 2, 2))
    boxes = np.concatenate([corners.min(axis=1), corners.max(axis=1) + 0.01], axis=1)
    maps = AnchorMaps.of(ssd)
    size, padded = maps.input_size, maps.input_size
    if step := ssd.feature_extractor.pad_to_multiple:
        padded = tuple(-(-side // step) * step for side in size)
    from sweepbox.detection.config.extractors import feature_levels

    anchors = anchors_of(
        ssd.anchor_generator,
        image_size=size,
        padded_size=padded,
        levels=feature_levels(ssd.feature_extractor),
    )
    expected = ops.convert_to_numpy(pairwise_iou(boxes, anchors.astype(np.float64))).max(axis=1)
    assert maps.count == len(anchors)
    np.testing.assert_allclose(maps.best_iou(boxes), expected, atol=1e-5)


def test_the_sides_of_anchors_are_in_pixels() -> None:
    sides = AnchorMaps.of(ssd_of(QUICKSTART, "image_size=320", "scales_per_octave=1")).sides_pixels
    levels = load_config(QUICKSTART).model.ssd.feature_extractor.fpn
    scale = load_config(QUICKSTART).model.ssd.anchor_generator.multiscale_anchor_generator.anchor_scale
    np.testing.assert_allclose(sides, (scale * 2**levels.min_level, scale * 2**levels.max_level), rtol=1e-5)


def test_a_box_on_an_anchor_has_an_iou_of_one() -> None:
    maps = AnchorMaps.of(ssd_of(QUICKSTART))
    anchor = anchors_of(
        ssd_of(QUICKSTART).anchor_generator,
        image_size=maps.input_size,
        padded_size=maps.input_size,
        levels=range(3, 4),
    )[:1]
    np.testing.assert_allclose(maps.best_iou(anchor.astype(np.float64)), [1.0], atol=1e-5)
