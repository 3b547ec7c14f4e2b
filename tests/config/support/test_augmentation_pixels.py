"""Supported options on pixels, labels and batches, and the error messages for the others."""

from collections.abc import Callable

import pytest

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.support import problems_of

Edited = Callable[..., pb.TrainEvalPipelineConfig]
OPTIONS = "train_config.data_augmentation_options"


@pytest.mark.parametrize(
    "edits",
    [
        ("[random_distort_color].color_ordering=1",),
        ("[random_rgb_to_gray]=true",),
        ("[adjust_gamma].gamma=0.7",),
        ("[normalize_image]={original_minval: 0 original_maxval: 255 target_minval: 0 target_maxval: 1}",),
        ("[random_pixel_value_scale]=true",),
        ("[random_patch_gaussian].max_patch_size=2", "[random_patch_gaussian].min_patch_size=1"),
        ("[random_black_patches].max_black_patches=0",),
        ("[random_jpeg_quality].min_jpeg_quality=30",),
        ("[remap_labels]={original_labels: 1 original_labels: 2 new_label: 2}",),
        ("[drop_label_probabilistically].label=2",),
        ("[random_mosaic]=true", "[random_mix_up]=true", "[random_copy_paste]=true"),
        ("[random_copy_paste]={class_ids: 3 class_names: 'cat'}",),
    ],
)
def test_valid_values_are_supported(edited: Edited, edits: tuple[str, ...]) -> None:
    assert not problems_of(edited(*(f"{OPTIONS}{edit}" for edit in edits)))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            "[random_distort_color].color_ordering=2",
            "color_ordering = 2: give a value of at least 0 and at most 1",
        ),
        ("[random_rgb_to_gray].probability=1.5", "probability = 1.5: give a value of at least 0 and at most 1"),
        (
            "[normalize_image].original_maxval=255",
            "original_minval, target_minval, target_maxval must be given",
        ),
        (
            "[normalize_image]={original_minval: 1 original_maxval: 1 target_minval: 0 target_maxval: 1}",
            "original_maxval = 1: give another value than original_minval",
        ),
        ("[random_pixel_value_scale].minval=1.5", "minval = 1.5 exceeds maxval = 1.1; lower it"),
        ("[random_patch_gaussian].min_patch_size=250", "max_patch_size = 250: min_patch_size is as large"),
        (
            "[random_patch_gaussian].min_gaussian_stddev=2",
            "min_gaussian_stddev = 2 exceeds max_gaussian_stddev",
        ),
        ("[random_black_patches].max_black_patches=101", "give a value of at least 0 and at most 100"),
        ("[random_jpeg_quality].min_jpeg_quality=100", "max_jpeg_quality = 100: min_jpeg_quality is as large"),
        ("[random_jpeg_quality].random_coef=-1", "random_coef = -1.0: give a value of at least 0"),
        ("[remap_labels]=true", "new_label = 0: give a value of at least 1"),
        ("[remap_labels].new_label=9", "new_label = 9: the model has classes 1 to"),
        ("[drop_label_probabilistically]=true", "label = 0: give a value of at least 1"),
        ("[random_mosaic].min_center=0.8", "min_center = 0.8 exceeds max_center = 0.7; lower it"),
        ("[random_mosaic].min_scale=0", "min_scale = 0.0: give a value above 0"),
        ("[random_mix_up].max_ratio=2", "max_ratio = 2.0: give a value of at least 0 and at most 1"),
        ("[random_copy_paste].max_objects=0", "max_objects = 0: give a value of at least 1 and at most 100"),
        ("[rgb_to_gray]=true", "it leaves one channel, and the networks take three; use random_rgb_to_gray"),
        ("[subtract_channel_mean]=true", "it fails in the Object Detection API's training as well"),
        ("[convert_class_logits_to_softmax]=true", "it works on the class scores of another model"),
        ("[scale_boxes_to_pixel_coordinates]=true", "it turns boxes into pixels"),
    ],
)
def test_invalid_values_are_rejected(edited: Edited, edit: str, message: str) -> None:
    problems = problems_of(edited(f"{OPTIONS}{edit}"))
    assert len(problems) == 1
    assert problems[0].startswith(OPTIONS)
    assert message in problems[0]


@pytest.mark.parametrize("name", ["random_mosaic", "random_mix_up"])
def test_options_that_mix_images_need_a_batch_of_two(edited: Edited, name: str) -> None:
    problems = problems_of(edited(f"{OPTIONS}[{name}]=true", "train_config.batch_size=1"))
    assert problems == [
        f"{OPTIONS}[{name}] mixes the images of a batch; give train_config.batch_size at least 2"
    ]
