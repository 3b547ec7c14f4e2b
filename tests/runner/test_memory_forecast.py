"""Sizes out of proportion are refused before anything is built."""

import time
from pathlib import Path

import pytest

from sweepbox.detection.config.edits import apply_edits, parse_edit
from sweepbox.detection.config.load import load_config
from sweepbox.detection.config.memory import check_memory, forecast_memory
from sweepbox.detection.config.support import check_supported
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.core.machine_memory import machine_memory

CONFIGS = Path(__file__).parents[2] / "experiments" / "configs"
SSD = "model.ssd"
EXTRACTOR, SIZE = f"{SSD}.feature_extractor", f"{SSD}.image_resizer.fixed_shape_resizer"
PREDICTOR = f"{SSD}.box_predictor.weight_shared_convolutional_box_predictor"
NMS = f"{SSD}.post_processing.batch_non_max_suppression"
ANCHORS = f"{SSD}.anchor_generator.multiscale_anchor_generator"
LEAST = -(2**31)
HUGE = 10_000_000

FIELDS = [
    "train_config.batch_size",
    "eval_config.batch_size",
    "train_input_reader.max_number_of_boxes",
    f"{SIZE}.height",
    f"{SIZE}.width",
    f"{SSD}.num_classes",
    f"{EXTRACTOR}.depth_multiplier",
    f"{EXTRACTOR}.min_depth",
    f"{EXTRACTOR}.pad_to_multiple",
    f"{EXTRACTOR}.fpn.additional_layer_depth",
    f"{PREDICTOR}.depth",
    f"{PREDICTOR}.kernel_size",
    f"{PREDICTOR}.num_layers_before_predictor",
    f"{NMS}.max_total_detections",
    f"{NMS}.max_detections_per_class",
    f"{ANCHORS}.scales_per_octave",
    f"{ANCHORS}.max_level",
    f"{EXTRACTOR}.fpn.max_level",
]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [HUGE, 2**31 - 1])
def test_sizes_of_ten_million_are_refused_by_field_at_once(field: str, value: int) -> None:
    began = time.process_time()
    with pytest.raises(ConfigError, match=field.rpartition(".")[2]):
        check_supported(
            apply_edits(load_config(CONFIGS / "quickstart.config"), [parse_edit(f"{field}={value}")])
        )
    assert time.process_time() - began < 5


@pytest.mark.parametrize("extractor", ["ssd_mobilenet_v2_fpn_keras", "ssd_resnet50_v1_fpn_keras"])
@pytest.mark.parametrize(
    "levels", [(3, -(2**31)), (-(2**31), 7), (-(2**31), -(2**31)), (3, 0), (2**31 - 1, 7), (0, 0)]
)
def test_levels_that_no_pyramid_has_are_refused(extractor: str, levels: tuple[int, int]) -> None:
    config = load_config(CONFIGS / "quickstart.config")
    config.model.ssd.feature_extractor.type = extractor
    for message in (
        config.model.ssd.feature_extractor.fpn,
        config.model.ssd.anchor_generator.multiscale_anchor_generator,
    ):
        message.min_level, message.max_level = levels
    with pytest.raises(ConfigError, match=r"fpn: levels -?\d+ to -?\d+ are not supported"):
        check_supported(config)


TOO_LARGE = [
    ["batch_size=65536"],
    [f"{SIZE}.height=16384", f"{SIZE}.width=16384", "batch_size=64"],
    [f"{EXTRACTOR}.depth_multiplier=32", "batch_size=512"],
    [f"{EXTRACTOR}.fpn.additional_layer_depth=16384", f"{EXTRACTOR}.use_depthwise=false"],
    [f"{PREDICTOR}.depth=16384", f"{PREDICTOR}.num_layers_before_predictor=50"],
    [f"{PREDICTOR}.kernel_size=99", f"{PREDICTOR}.depth=4096", f"{PREDICTOR}.use_depthwise=false"],
    [f"{SSD}.num_classes=100000", "batch_size=64"],
    [f"{ANCHORS}.scales_per_octave=100", f"{SSD}.num_classes=10000", "batch_size=32"],
]


@pytest.mark.parametrize("edits", TOO_LARGE)
def test_training_that_needs_more_memory_than_the_machine_has_is_refused(
    edits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweepbox.detection.config.memory.machine_memory", lambda: 64 * 10**9)
    base = load_config(CONFIGS / "face_mask_mobilenet_320.config")
    config = apply_edits(base, [parse_edit(edit) for edit in edits])
    check_supported(config)
    began = time.process_time()
    with pytest.raises(
        ConfigError,
        match=r"^training takes about [\d,.]+ GB \(an estimate: .*\), and the machine has 64\.0 GB; lower ",
    ) as caught:
        check_memory(config)
    assert time.process_time() - began < 1
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.config")), ids=lambda path: path.stem)
def test_usual_configs_are_not_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweepbox.detection.config.memory.machine_memory", lambda: 16 * 10**9)
    config = load_config(path)
    check_memory(config)
    assert 0 < forecast_memory(config).total < 16e9


def test_the_memory_of_this_machine_is_known() -> None:
    assert 10**8 < machine_memory() < 10**15
