"""Supported geometric augmentations and their valid values."""

from collections.abc import Callable

import pytest
from google.protobuf import text_format

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support import AUGMENTATIONS, problems_of
from sweepbox.detection.config.support.augmentation_geometry import GEOMETRY_OPTIONS

Edited = Callable[..., pb.TrainEvalPipelineConfig]
OPTIONS = "train_config.data_augmentation_options"
SIZES = {
    "random_resize_method": "target_height: 9 target_width: 8",
    "resize_image": "new_height: 9 new_width: 8",
}
CROP = (
    "min_object_covered: 0.1 min_aspect_ratio: 0.5 max_aspect_ratio: 2 min_area: 0.1 max_area: 1 "
    "overlap_thresh: 0.1 random_coef: 0.15"
)
SMALL = CROP.replace("max_area: 1", "max_area: 0.05")


def problems(config: pb.TrainEvalPipelineConfig, option: str) -> list[str]:
    """Return the problems of a config with only this option."""
    del config.train_config.data_augmentation_options[:]
    config.train_config.data_augmentation_options.add().CopyFrom(
        text_format.Parse(option, pb.PreprocessingStep())
    )
    return problems_of(config)


@pytest.mark.parametrize("name", GEOMETRY_OPTIONS)
def test_defaults_are_supported(config: pb.TrainEvalPipelineConfig, name: str) -> None:
    assert problems(config, f"{name} {{ {SIZES.get(name, '')} }}") == []
    assert name in AUGMENTATIONS


@pytest.mark.parametrize(
    "option",
    [
        f"ssd_random_crop {{ operations {{ {CROP} }} operations {{ {CROP} clip_boxes: false }} }}",
        f"ssd_random_crop_pad {{ operations {{ {CROP} min_padded_size_ratio: [1, 1] pad_color_r: 9 }} }}",
        "ssd_random_crop_fixed_aspect_ratio { operations { min_area: 0.1 max_area: 1 } aspect_ratio: 1.5 }",
        f"ssd_random_crop_pad_fixed_aspect_ratio {{ max_padded_size_ratio: [2, 3] operations {{ {CROP} }} }}",
        "random_pad_image { pad_color: 3 }",
        "random_pad_image { min_image_height: 30 min_image_width: 30 pad_color: [1, 2, 3] }",
        "random_downscale_to_target_pixels { min_target_pixels: 600000 }",
    ],
)
def test_valid_values_are_supported(config: pb.TrainEvalPipelineConfig, option: str) -> None:
    assert problems(config, option) == []


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        ("random_rotation90 { probability: 0 }", "[random_rotation90].probability = 0.0: give a value above 0"),
        ("random_jitter_boxes { ratio: 1.5 }", "ratio = 1.5: give a value of at least 0 and at most 1"),
        ("random_pad_image { pad_color: [1, 2] }", "pad_color: 2 values; give 1 or 3 or none"),
        (
            "random_pad_image { pad_color: [1, 2, 256] }",
            "pad_color[2] = 256.0: give a value of at least 0 and at m",
        ),
        ("random_pad_image { min_image_height: 9 }", "min_image_height and min_image_width go together"),
        (
            (
                "random_pad_image { min_image_height: 9 min_image_width: 9 max_image_height: 8 "
                "max_image_width: 10 }"
            ),
            "min_image_height = 9 exceeds max_image_height = 8; lower it",
        ),
        (
            "random_crop_pad_image { min_padded_size_ratio: 1 }",
            "min_padded_size_ratio: 1 values; give 2 or none",
        ),
        ("random_crop_pad_image { min_area: 0 }", "min_area = 0.0: give a value above 0"),
        ("random_crop_to_aspect_ratio { aspect_ratio: 0 }", "aspect_ratio = 0.0: give a value above 0"),
        ("ssd_random_crop { operations {} }", "operations[0].min_aspect_ratio = 0.0: give a value above 0"),
        (
            f"ssd_random_crop {{ operations {{ {CROP} }} operations {{ {SMALL} }} }}",
            "operations[1].min_area = 0.1 exceeds max_area = 0.05; lower it",
        ),
        (
            f"ssd_random_crop_pad {{ operations {{ {CROP} pad_color_g: -1 }} }}",
            "operations[0].pad_color_g = -1.0: give a value of at least 0",
        ),
        ("random_square_crop_by_scale { num_scales: 0 }", "num_scales = 0: give a value of at least 1"),
        (
            "random_scale_crop_and_pad_to_square { scale_min: 3 }",
            "scale_min = 3.0 exceeds scale_max = 2.0; lower it",
        ),
        (
            "random_self_concat_image { concat_vertical_probability: 2 }",
            "concat_vertical_probability = 2.0: give",
        ),
        ("random_image_scale { min_scale_ratio: 0 }", "min_scale_ratio = 0.0: give a value above 0"),
        (
            "random_downscale_to_target_pixels { min_target_pixels: 900000 }",
            "min_target_pixels = 900000 exceeds max_target_pixels = 800000; lower it",
        ),
        ("resize_image { new_height: 4 }", "new_width = 0: give a value of at least 1"),
        (
            "autoaugment_image {}",
            "[autoaugment_image] is not supported; supported are random_horizontal_flip, ",
        ),
    ],
)
def test_invalid_values_are_rejected(config: pb.TrainEvalPipelineConfig, option: str, problem: str) -> None:
    found = problems(config, option)
    assert any(problem in line for line in found), found
    assert all(line.startswith(f"{OPTIONS}[") for line in found)


def test_option_is_added_and_edited_by_name(edited: Edited) -> None:
    path = f"{OPTIONS}[random_square_crop_by_scale]"
    config = edited(f"{path}.scale_max=1.5", f"{path}=true", f"{path}.max_border=64")
    assert problems_of(config) == []
    option = config.train_config.data_augmentation_options[-1].random_square_crop_by_scale
    assert (option.scale_max, option.max_border) == (1.5, 64)
