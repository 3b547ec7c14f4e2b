import json
from pathlib import Path

import pytest

from sweepbox.detection.config.edits import apply_edits
from sweepbox.detection.config.load import load_config
from sweepbox.detection.config.support import problems_of
from sweepbox.detection.diagnosis.coverage import Coverage
from sweepbox.detection.diagnosis.proposals import LEAST_GAIN, propose
from tests.diagnosis.boxes import square_boxes
from tests.tiny import tiny_config

CLASSIC = Path(__file__).parents[1] / "golden" / "model_mobilenet_v1_ssd_small" / "pipeline.config"
SMALL = square_boxes([14, 17, 20, 23, 26] * 10)


@pytest.mark.parametrize("kind", ["pyramid", "classic"])
def test_proposals_reach_what_they_say(kind: str) -> None:
    config = tiny_config("image_size=320", "anchor_scale=6") if kind == "pyramid" else load_config(CLASSIC)
    before = Coverage.of(config.model.ssd, SMALL).met().share
    found = propose(config, SMALL)
    assert found
    for proposal in found:
        changed = apply_edits(config, proposal.edits)
        assert problems_of(changed) == problems_of(config), "training accepts it"
        coverage = Coverage.of(changed.model.ssd, SMALL)
        assert proposal.share == coverage.met().share >= before + LEAST_GAIN
        assert proposal.anchors == coverage.anchors.count
    assert len({proposal.edits for proposal in found}) == len(found)
    json.dumps([proposal.to_json() for proposal in found], allow_nan=False)


def test_small_boxes_ask_for_smaller_anchors_and_larger_images() -> None:
    found = {
        proposal.what: proposal for proposal in propose(tiny_config("image_size=320", "anchor_scale=6"), SMALL)
    }
    [scale] = found["anchor scale"].edits
    assert scale.path == "anchor_scale"
    assert float(scale.value or 0) < 4
    [size] = found["image size"].edits
    assert int(size.value or 0) > 320
    assert found["image size"].pixels > 1
    assert max(proposal.share for proposal in found.values()) > found["anchor scale"].share


def test_boxes_that_anchors_meet_need_no_change() -> None:
    assert (
        propose(tiny_config("image_size=320", "anchor_scale=4", "min_level=3"), square_boxes([64] * 20)) == ()
    )


def test_a_large_data_set_is_sampled_for_the_search_only() -> None:
    boxes = square_boxes([20, 40] * 1100)
    config = tiny_config("image_size=320", "anchor_scale=6")
    for proposal in propose(config, boxes):
        changed = apply_edits(config, proposal.edits).model.ssd
        assert proposal.share == Coverage.of(changed, boxes).met().share
