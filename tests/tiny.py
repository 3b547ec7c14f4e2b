"""The tiny detector that tests share: equal configs and records make equal programs, compiled once."""

from pathlib import Path
from typing import Any

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import Edit, apply_edits, parse_edit
from sweepbox.detection.config.load import load_config

QUICKSTART = Path(__file__).parents[1] / "experiments" / "configs" / "quickstart.config"
TINY: dict[str, Any] = {
    "model.ssd.image_resizer.fixed_shape_resizer.height": 96,
    "model.ssd.image_resizer.fixed_shape_resizer.width": 96,
    "model.ssd.feature_extractor.type": "ssd_mobilenet_v1_fpn_keras",
    "model.ssd.feature_extractor.depth_multiplier": 0.25,
    "model.ssd.feature_extractor.fpn.additional_layer_depth": 16,
    "model.ssd.box_predictor.weight_shared_convolutional_box_predictor.depth": 16,
    "batch_size": 2,
}
"""The edits that make the quickstart's config tiny; MobileNet V1 compiles in about half the time of V2."""


def tiny_config(*edits: str) -> pb.TrainEvalPipelineConfig:
    """Return the tiny config with edits given as `PATH=VALUE`."""
    tiny = [Edit(path, value) for path, value in TINY.items()]
    return apply_edits(load_config(QUICKSTART), [*tiny, *map(parse_edit, edits)])
