"""The ten published configs at full size: every variable has the key and shape of the original."""

from pathlib import Path

import numpy as np
import pytest

from experiments.parity.families import PUBLISHED, published_config
from sweepbox.detection.checkpoint.keys import checkpoint_keys
from sweepbox.detection.model.anchor_generator import anchors_of
from sweepbox.detection.model.layers import LayerFactory
from sweepbox.detection.model.network import NetworkPlan
from sweepbox.detection.model.precision import Precision

TABLES = Path(__file__).parents[1] / "golden" / "published_variables.npz"
ANCHORS = {300: 1917, 320: 12_804, 640: 51_150, 1024: 130_944}


QUICK = {"ssd_mobilenet_v1_fpn_640x640_coco17_tpu-8", "ssd_mobilenet_v2_320x320_coco17_tpu-8"}
CASES = [
    pytest.param(published, id=published[0], marks=[] if published[0] in QUICK else [pytest.mark.slow])
    for published in PUBLISHED
]


def test_the_quick_cases_are_published() -> None:
    assert {published[0] for published in PUBLISHED} > QUICK


@pytest.mark.parametrize("published", CASES)
def test_variables_of_published_models(published: tuple[str, str, int]) -> None:
    name, _, side = published
    ssd = published_config(*published).model.ssd
    plan = NetworkPlan(ssd, (side, side))
    network = plan.build(LayerFactory(Precision.FLOAT32, freeze_batch_norm=False)).detector
    keys = checkpoint_keys([weight.path for weight in network.weights], ssd)
    ours = sorted(f"{keys[weight.path]} {list(weight.shape)}" for weight in network.weights)
    with np.load(TABLES) as tables:
        assert ours == tables[name.partition("_coco17")[0]].tolist()
    anchors = anchors_of(
        ssd.anchor_generator, image_size=(side, side), padded_size=plan.padded_size, levels=plan.levels
    )
    assert len(anchors) == network.output["box_encodings"].shape[1] == ANCHORS[side]
