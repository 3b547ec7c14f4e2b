from pathlib import Path

import pytest

from sweepbox.detection.config.aliases import ALIASES
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.load import load_config
from sweepbox.detection.config.settings import setting_of
from sweepbox.detection.core.errors import ConfigError

QUICKSTART = load_config(Path(__file__).parents[2] / "experiments" / "configs" / "quickstart.config")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("batch_size", 4),
        ("num_steps", 77),
        ("learning_rate", 0.0125),
        ("warmup_steps", 7),
        ("optimizer", "adam_optimizer"),
        ("l2_weight", 0.25),
        ("weight_decay", 0.25),
        ("focal_gamma", 1.5),
        ("classification_weight", 0.5),
        ("localization_weight", 2.0),
        ("image_size", 160),
        ("anchor_scale", 3.0),
        ("scales_per_octave", 3),
        ("train_config.data_augmentation_options[random_adjust_hue]", True),
        ("train_config.optimizer.use_moving_average", True),
    ],
)
def test_a_setting_is_read_as_it_was_set(path: str, value: object) -> None:
    assert setting_of(apply_edits(QUICKSTART, [Edit(path, value)]), path) == value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("train_config.data_augmentation_options[random_adjust_hue]", False),
        ("train_config.data_augmentation_options[random_adjust_hue].max_delta", None),
        ("train_config.optimizer.rms_prop_optimizer", False),
        ("train_config.freeze_variables", None),
        ("train_config.freeze_variables[0]", None),
    ],
)
def test_what_is_absent_has_no_value(path: str, value: object) -> None:
    assert setting_of(QUICKSTART, path) is value


def test_an_unknown_path_is_refused() -> None:
    with pytest.raises(ConfigError, match="no field 'batch'"):
        setting_of(QUICKSTART, "train_config.batch")


@pytest.mark.parametrize(
    ("alias", "value", "path"),
    [
        (
            "aspect_ratios",
            "[1.0, 3.0]",
            "model.ssd.anchor_generator.multiscale_anchor_generator.aspect_ratios[1]",
        ),
        ("frozen_layers", '["Conv1/.*"]', "train_config.freeze_variables[0]"),
        ("image_size", 192, "model.ssd.image_resizer.fixed_shape_resizer.width"),
    ],
)
def test_aliases_of_lists_and_of_several_fields(alias: str, value: str | int, path: str) -> None:
    after = setting_of(apply_edits(QUICKSTART, [Edit(alias, value)]), path)
    assert after == {"aspect_ratios": 3.0, "frozen_layers": "Conv1/.*", "image_size": 192}[alias]
    assert alias in ALIASES
