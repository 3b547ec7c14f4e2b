from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.model.ssd_anchors import ssd_anchor_specs, ssd_anchors

GOLDEN = Path(__file__).parents[1] / "golden" / "ssd_anchors.npz"


@pytest.mark.parametrize("number", range(10))
def test_anchors_equal_the_golden(number: int) -> None:
    with np.load(GOLDEN) as arrays:
        case = {key.partition("/")[2]: arrays[key] for key in arrays if key.startswith(f"{number}/")}
    message = text_format.Parse(str(case["config"]), pb.SsdAnchorGenerator())
    height, width = case["image_size"].tolist()
    shapes = [(rows, columns) for rows, columns in case["feature_shapes"].tolist()]
    anchors = ssd_anchors(message, image_size=(height, width), feature_shapes=shapes)
    assert anchors.dtype == np.float32
    np.testing.assert_allclose(anchors, case["boxes"], rtol=1e-6, atol=1e-6)


def test_the_golden_has_ten_cases() -> None:
    with np.load(GOLDEN) as arrays:
        assert len({key.partition("/")[0] for key in arrays}) == 10


def test_anchors_equal_the_paper() -> None:
    specs = ssd_anchor_specs(pb.SsdAnchorGenerator(aspect_ratios=[1, 2]))
    np.testing.assert_allclose(specs[0], [(0.1, 1.0), (0.2, 2.0), (0.2, 0.5)])
    np.testing.assert_allclose(specs[1], [(0.35, 1), (0.35, 2), ((0.35 * 0.5) ** 0.5, 1)])
    np.testing.assert_allclose(specs[5][-1], (0.95**0.5, 1))


def test_a_single_map_needs_an_explicit_scale() -> None:
    with pytest.raises(
        ConfigError, match=r"ssd_anchor_generator.num_layers = 1: set at least 2, or set scales"
    ):
        ssd_anchor_specs(pb.SsdAnchorGenerator(num_layers=1, aspect_ratios=[1.0]))
    single = pb.SsdAnchorGenerator(
        num_layers=1, aspect_ratios=[1.0], scales=[0.25], reduce_boxes_in_lowest_layer=False
    )
    assert ssd_anchor_specs(single) == [[(0.25, 1.0), (0.5, 1.0)]]
