"""Ranges of a space that look right at their ends, or only alone."""

from typing import Any

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.search.endpoints import check_space
from sweepbox.tuning.spec.schema import SweepSpec
from tests.tiny import QUICKSTART, tiny_config

ADAM = "train_config.optimizer.adam_optimizer"
COSINE = f"{ADAM}.learning_rate.cosine_decay_learning_rate"
RESIZER = "model.ssd.image_resizer.fixed_shape_resizer"
NMS = "model.ssd.post_processing.batch_non_max_suppression"


def checked(space: dict[str, Any], augmentations: dict[str, Any] | None = None) -> None:
    """Check a space on the tiny config."""
    spec = SweepSpec(
        name="a", base_config=str(QUICKSTART), space=space, augmentations=augmentations or {}, trials=1
    )
    check_space(tiny_config(), spec)


@pytest.mark.parametrize("kind", ["uniform", "log_uniform"])
@pytest.mark.parametrize(
    ("path", "low", "high", "whole"),
    [
        ("batch_size", 2, 8, [2, 8]),
        ("batch_size", 2.5, 8.5, [3, 8]),
        ("train_config.batch_size", 1, 2, [1, 2]),
        ("num_steps", 100, 4000, [100, 4000]),
        ("warmup_steps", 1, 50, [1, 50]),
        (f"{COSINE}.warmup_steps", 1, 50, [1, 50]),
        (f"{RESIZER}.height", 96, 320, [96, 320]),
        (f"{NMS}.max_total_detections", 10, 100, [10, 100]),
        (f"{NMS}.max_detections_per_class", 10, 100, [10, 100]),
    ],
)
def test_a_real_range_over_a_whole_number_field_is_refused_with_integer(
    kind: str, path: str, low: float, high: float, whole: list[int]
) -> None:
    with pytest.raises(SweepError) as refused:
        checked({path: {kind: [low, high]}})
    line = f"space.{path}: {kind} [{low:g}, {high:g}] gives real numbers, and {path} takes whole ones; write "
    prefix = "log_" if kind == "log_uniform" else ""
    assert str(refused.value) == f"{line}{prefix}integer: {whole}"
    if not path.startswith(RESIZER):
        checked({path: {f"{prefix}integer": whole}})


def test_values_between_the_ends_are_tried() -> None:
    with pytest.raises(SweepError, match="97x96 is not a multiple of 32 on each side"):
        checked({f"{RESIZER}.height": {"integer": [96, 320]}})
    checked({f"{RESIZER}.height": {"integer": [96, 320], "step": 32}})


@pytest.mark.parametrize("values", [{"integer": [10, 50]}, {"choice": [10, 50]}, {"uniform": [10, 50]}])
def test_a_scaled_whole_number_is_a_real_one(values: dict[str, Any]) -> None:
    space = {"batch_size": {"choice": [2, 5]}, "warmup_steps": {**values, "scale_with": {"batch_size": 3}}}
    with pytest.raises(SweepError, match="warmup_steps"):
        checked(space)


def test_steps_that_are_not_whole_are_real_numbers() -> None:
    with pytest.raises(
        SweepError, match=r"uniform \[2, 8\] gives real numbers, and batch_size takes whole ones"
    ):
        checked({"batch_size": {"uniform": [2, 8], "step": 1.5}})


def test_a_real_range_in_an_augmentation_is_checked_too() -> None:
    crop = {"random_pad_image": {"enabled": True, "min_image_height": {"uniform": [100, 200]}}}
    with pytest.raises(
        SweepError, match=r"^augmentations.random_pad_image.min_image_height: uniform \[100, 200\]"
    ):
        checked({}, crop)


@pytest.mark.parametrize(
    "space",
    [
        {"batch_size": {"integer": [2, 8]}},
        {"batch_size": {"log_integer": [2, 8]}},
        {"batch_size": {"uniform": [2, 8], "step": 2}},
        {"learning_rate": {"uniform": [0.1, 0.3], "step": 0.1}},
        {
            "batch_size": {"choice": [2, 4]},
            "learning_rate": {"uniform": [0.1, 0.3], "scale_with": {"batch_size": 4}},
        },
        {"batch_size": {"choice": [2, 4, 8]}},
        {"learning_rate": {"uniform": [1e-4, 1.0]}},
        {"focal_gamma": {"uniform": [1, 3]}},
        {"focal_gamma": {"integer": [1, 3]}},
        {f"{NMS}.iou_threshold": {"uniform": [0.3, 0.7]}},
    ],
)
def test_a_range_that_fits_its_field_is_taken(space: dict[str, Any]) -> None:
    checked(space)


@pytest.mark.parametrize(
    ("names", "path", "values"),
    [
        (["adam_optimizer", "momentum_optimizer"], "momentum", {"uniform": [0.8, 0.99]}),
        (["momentum_optimizer", "adam_optimizer"], "momentum", {"choice": [0.9]}),
        (["adam_optimizer", "rms_prop_optimizer"], f"{ADAM}.epsilon", {"log_uniform": [1e-8, 1e-4]}),
        (["adam_optimizer", "rms_prop_optimizer"], f"{COSINE}.learning_rate_base", {"uniform": [0.01, 0.1]}),
    ],
)
def test_a_parameter_of_one_optimizer_beside_a_choice_of_optimizers_is_refused_with_the_remedy(
    names: list[str], path: str, values: dict[str, Any]
) -> None:
    with pytest.raises(SweepError) as refused:
        checked({"optimizer": {"choice": names}, path: values})
    [line] = str(refused.value).splitlines()
    assert line.startswith(f"space.{path}: does not fit space.optimizer: ")
    assert "; add `when: {optimizer: " in line
    condition = line.partition("when: {optimizer: ")[2].partition("}")[0]
    checked({"optimizer": {"choice": names}, path: {**values, "when": {"optimizer": condition}}})


def test_parameters_of_every_optimizer_go_with_a_choice_of_optimizers() -> None:
    names = ["adam_optimizer", "momentum_optimizer", "rms_prop_optimizer"]
    checked({"optimizer": {"choice": names}, "learning_rate": {"log_uniform": [1e-3, 1e-1]}})


def test_of_many_problems_the_first_are_listed() -> None:
    with pytest.raises(SweepError) as refused:
        checked({f"model.nothing{number}": {"integer": [1, 2]} for number in range(40)})
    lines = str(refused.value).splitlines()
    assert len(lines) <= 12
    assert lines[-1] == "… and perhaps more"
