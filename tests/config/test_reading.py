"""A config that was written for the Object Detection API means here what it means there."""

import pytest

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import Edit, apply_edits, parse_edit
from sweepbox.detection.config.extractors import EXTRACTORS, Backbone, pyramid_depth
from sweepbox.detection.config.load import parse_config
from sweepbox.detection.config.reading import keeps_own_pyramid, read_with_edits

FPN = "model.ssd.feature_extractor.fpn"
ANCHORS = "model.ssd.anchor_generator.multiscale_anchor_generator"
TYPE = "model.ssd.feature_extractor.type"
RESNETS = [name for name, kind in EXTRACTORS.items() if kind.backbone is Backbone.RESNET_V1]
OTHERS = [name for name, kind in EXTRACTORS.items() if kind.backbone is not Backbone.RESNET_V1]
OWN = "min_level: 2 max_level: 6 additional_layer_depth: 192"
FIXED, WRITTEN = (3, 7, 256), (2, 6, 192)


def written(extractor: str, fpn: str = OWN) -> pb.TrainEvalPipelineConfig:
    return parse_config(
        f'model {{ ssd {{ feature_extractor {{ type: "{extractor}" depth_multiplier: 0.15 fpn {{ {fpn} }} }}'
        " anchor_generator { multiscale_anchor_generator { } } } }"
    )


def pyramid(config: pb.TrainEvalPipelineConfig) -> tuple[int, int, int]:
    fpn = config.model.ssd.feature_extractor.fpn
    return fpn.min_level, fpn.max_level, fpn.additional_layer_depth


@pytest.mark.parametrize("extractor", [*RESNETS, *(name.removesuffix("_keras") for name in RESNETS)])
def test_fields_of_a_resnets_pyramid_have_no_effect_and_a_line_says_so(extractor: str) -> None:
    read = read_with_edits(written(extractor))
    assert pyramid(read.config) == FIXED
    assert not keeps_own_pyramid(read.config)
    assert pyramid_depth(read.config.model.ssd.feature_extractor) == 38
    assert not read.config.model.ssd.feature_extractor.fpn.HasField("follow_fields")
    assert read.notes[-1] == (
        f"{FPN}: min_level = 2, max_level = 6, additional_layer_depth = 192 have no effect, as in the Object "
        f"Detection API: {extractor.removesuffix('_keras')}_keras has levels 3 to 7 and 256 x depth_multiplier "
        f"channels; set {FPN}.follow_fields=true to apply the fields"
    )


@pytest.mark.parametrize("extractor", OTHERS)
def test_fields_of_other_pyramids_count(extractor: str) -> None:
    read = read_with_edits(written(extractor))
    assert (pyramid(read.config), read.notes) == (WRITTEN, ())


@pytest.mark.parametrize(
    ("fpn", "edits", "expected", "follows"),
    [
        ("", [], FIXED, False),
        ("min_level: 3 max_level: 7", [], FIXED, False),
        ("additional_layer_depth: 256", [], FIXED, False),
        (f"{OWN} follow_fields: true", [], WRITTEN, True),
        (f"{OWN} follow_fields: false", [], FIXED, False),
        (OWN, [f"{FPN}.follow_fields=true"], WRITTEN, True),
        (f"{OWN} follow_fields: true", [f"{FPN}.follow_fields=false"], FIXED, False),
        (OWN, [f"{FPN}.additional_layer_depth=64"], (3, 7, 64), True),
        (OWN, [f"{FPN}.max_level=5"], (3, 5, 256), True),
        (OWN, [f"{FPN}.max_level=5", f"{FPN}.follow_fields=true"], (2, 5, 192), True),
        (OWN, [f"{ANCHORS}.max_level=6"], (3, 6, 256), True),
        (OWN, [f"{FPN}={{min_level: 4}}"], (4, 7, 256), True),
        (OWN, ["batch_size=3"], FIXED, False),
        (OWN, [f"{TYPE}=ssd_mobilenet_v2_fpn_keras"], WRITTEN, False),
    ],
)
def test_follow_fields_and_edits_make_the_fields_count(
    fpn: str, edits: list[str], expected: tuple[int, int, int], *, follows: bool
) -> None:
    config = read_with_edits(written(RESNETS[0], fpn), [parse_edit(edit) for edit in edits]).config
    assert pyramid(config) == expected
    assert config.model.ssd.feature_extractor.fpn.follow_fields is follows
    assert not keeps_own_pyramid(config)


@pytest.mark.parametrize("name", [RESNETS[0], RESNETS[0].removesuffix("_keras")])
def test_another_extractor_replaced_by_a_resnet_gets_its_pyramid(name: str) -> None:
    read = read_with_edits(written(OTHERS[0]), [Edit(TYPE, name)])
    assert pyramid(read.config) == FIXED
    trial = apply_edits(read_with_edits(written(OTHERS[0])).config, [Edit(TYPE, RESNETS[0])])
    assert pyramid(trial) == FIXED


def test_runs_begun_before_keep_their_pyramid() -> None:
    old = written(RESNETS[0])
    assert keeps_own_pyramid(old)
    read = read_with_edits(old, [Edit("batch_size", 3)], all_fields_count=True)
    assert pyramid(read.config) == WRITTEN
    assert keeps_own_pyramid(read.config)
    assert pyramid(apply_edits(old, [Edit("batch_size", 3)])) == WRITTEN


@pytest.mark.parametrize("name", [name.removesuffix("_keras") for name in EXTRACTORS])
def test_extractors_of_tensorflow_1_are_read_as_their_siblings(name: str) -> None:
    read = read_with_edits(written(name, ""))
    assert read.config.model.ssd.feature_extractor.type == f"{name}_keras"
    assert len(read.notes) == 1
    assert f"{name!r} (TensorFlow 1) is read as '{name}_keras'" in read.notes[0]


@pytest.mark.parametrize("name", ["ssd_inception_v2", "ssd_mobilenet_v3_large", "ssd_mobilenet_v1_ppn", ""])
def test_extractors_without_a_sibling_are_not_read_as_another(name: str) -> None:
    read = read_with_edits(written(name, ""))
    assert read.config.model.ssd.feature_extractor.type == name
    assert read.notes == ()
