"""Supported combinations of extractor, feature maps, anchors and predictor."""

from pathlib import Path

import pytest
from google.protobuf import text_format

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import apply_edits, parse_edit
from sweepbox.detection.config.load import load_config
from sweepbox.detection.config.support import problems_of
from sweepbox.detection.core.errors import ConfigError

GOLDEN = Path(__file__).parents[2] / "golden"
EXTRACTOR = "model.ssd.feature_extractor"
CLASSIC_ANCHORS = "model.ssd.anchor_generator.ssd_anchor_generator"
MULTISCALE = "model.ssd.anchor_generator.multiscale_anchor_generator"
CONVOLUTIONAL = "model.ssd.box_predictor.convolutional_box_predictor"
SHARED = "model.ssd.box_predictor.weight_shared_convolutional_box_predictor"


@pytest.fixture
def classic() -> pb.TrainEvalPipelineConfig:
    return load_config(GOLDEN / "model_mobilenet_v2_ssd_small" / "pipeline.config")


def _problems(config: pb.TrainEvalPipelineConfig, *edits: str) -> list[str]:
    return problems_of(apply_edits(config, [parse_edit(edit) for edit in edits]))


@pytest.mark.parametrize(
    "path", sorted(GOLDEN.glob("model_*/pipeline.config")), ids=lambda path: path.parent.name
)
def test_golden_models_are_supported(path: Path) -> None:
    model_problems = [line for line in problems_of(load_config(path)) if line.startswith("model.")]
    assert model_problems == []


@pytest.mark.parametrize(
    "edits",
    [
        (f"{EXTRACTOR}.num_layers=4",),
        (f"{EXTRACTOR}.pad_to_multiple=32",),
        (f"{EXTRACTOR}.type=ssd_mobilenet_v1_keras",),
        ("model.ssd.image_resizer.fixed_shape_resizer.height=33",),
        (f"{CLASSIC_ANCHORS}.scales=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]",),
        (f"{MULTISCALE}={{min_level: 4 max_level: 9 aspect_ratios: 1.0}}",),
        (f"{CONVOLUTIONAL}.max_depth=64", f"{CONVOLUTIONAL}.num_layers_before_predictor=2"),
    ],
)
def test_classic_variants_are_supported(classic: pb.TrainEvalPipelineConfig, edits: tuple[str, ...]) -> None:
    assert _problems(classic, *edits) == []


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (
            f"{EXTRACTOR}.num_layers=7",
            "num_layers = 7: ssd_mobilenet_v2_keras has 2 to 6 maps; give one of these",
        ),
        (f"{EXTRACTOR}.num_layers=1", "num_layers = 1: ssd_mobilenet_v2_keras has 2 to 6 maps"),
        (
            "model.ssd.image_resizer.fixed_shape_resizer.height=32",
            "32x120 is too small; ssd_mobilenet_v2_keras",
        ),
        (f"{CLASSIC_ANCHORS}.scales=[0.1, 0.2]", f"{CLASSIC_ANCHORS}.scales: 2 values contradicts the 6 maps"),
        (f"{CLASSIC_ANCHORS}.scales=[0.1, 0.2, 0.3, 0.4, 0.5, -0.6]", "give values above 0"),
        (f"{CLASSIC_ANCHORS}.height_stride=[16, 32]", "height_stride: 2 values; give one for each of 6 maps"),
        (f"{CLASSIC_ANCHORS}.min_scale=0.96", "min_scale = 0.96 exceeds max_scale = 0.95; lower it"),
        (f"{CLASSIC_ANCHORS}.min_scale=0", "min_scale = 0.0: give a value above 0"),
        (f"{CLASSIC_ANCHORS}.aspect_ratios=none", f"{CLASSIC_ANCHORS}.aspect_ratios: none given"),
        (f"{CLASSIC_ANCHORS}.base_anchor_width=0", "base_anchor_width = 0.0: give a value above 0"),
        (
            f"{MULTISCALE}={{min_level: 3 max_level: 8 aspect_ratios: 1.0}}",
            f"min_level = 3 contradicts {EXTRACTOR}.num_layers, by which the min_level is 4; make them equal",
        ),
        (f"{SHARED}={{depth: 8}}", f"{SHARED} is not supported with ssd_mobilenet_v2_keras, whose maps differ"),
        (f"{CONVOLUTIONAL}.min_depth=16", "min_depth = 16 exceeds max_depth = 0; lower it"),
        (
            f"{CONVOLUTIONAL}.use_depthwise=true",
            "kernel_size = 1 contradicts use_depthwise = true; set kernel_size",
        ),
        (f"{CONVOLUTIONAL}.box_code_size=7", "box_code_size = 7 is not supported; use 4"),
    ],
)
def test_contradictory_classic_configs_are_rejected(
    classic: pb.TrainEvalPipelineConfig, edit: str, problem: str
) -> None:
    found = _problems(classic, edit)
    assert any(problem in line for line in found), found


def test_shared_weights_need_equal_numbers_of_anchors_per_cell(config: pb.TrainEvalPipelineConfig) -> None:
    anchors = "num_layers: 5 aspect_ratios: 1.0 aspect_ratios: 2.0 aspect_ratios: 0.5"
    (problem,) = _problems(config, f"{CLASSIC_ANCHORS}={{{anchors}}}")
    assert "reduce_boxes_in_lowest_layer = true contradicts" in problem
    assert _problems(config, f"{CLASSIC_ANCHORS}={{{anchors} reduce_boxes_in_lowest_layer: false}}") == []
    assert _problems(config, f"{CLASSIC_ANCHORS}={{num_layers: 5 aspect_ratios: 1.0 aspect_ratios: 2.0}}") == []


def test_linked_numbers_of_maps_are_updated_together(classic: pb.TrainEvalPipelineConfig) -> None:
    for edit in (f"{EXTRACTOR}.num_layers=3", f"{CLASSIC_ANCHORS}.num_layers=3"):
        ssd = apply_edits(classic, [parse_edit(edit)]).model.ssd
        assert ssd.feature_extractor.num_layers == ssd.anchor_generator.ssd_anchor_generator.num_layers == 3
    edits = [parse_edit(f"{EXTRACTOR}.num_layers=3"), parse_edit(f"{CLASSIC_ANCHORS}.num_layers=4")]
    with pytest.raises(ConfigError, match=r"num_layers = 3 contradicts .*num_layers = 4: they must be equal"):
        apply_edits(classic, edits)


def test_editing_levels_of_a_classic_model_creates_no_fpn(classic: pb.TrainEvalPipelineConfig) -> None:
    text_format.Merge(
        "min_level: 4 max_level: 9", classic.model.ssd.anchor_generator.multiscale_anchor_generator
    )
    edited = apply_edits(classic, [parse_edit(f"{MULTISCALE}.max_level=8")])
    assert not edited.model.ssd.feature_extractor.HasField("fpn")
