from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.change import Change
from sweepbox.detection.config.difference import apply_difference, config_difference, fingerprint
from sweepbox.detection.config.edits import Edit, apply_edits, parse_edit
from sweepbox.detection.config.load import format_config, parse_config

from .random_messages import SMALL, configs, shuffled_text

Edited = Callable[..., pb.TrainEvalPipelineConfig]
OPTIONS = "train_config.data_augmentation_options"


@pytest.mark.slow
@given(configs(), configs())
def test_applying_the_difference_gives_the_other_config(base: Any, other: Any) -> None:
    changes = config_difference(base, other)
    assert apply_difference(base, changes) == other
    assert (not changes) == (base == other)
    assert all(change.before != change.after for change in changes)


@given(configs(), configs())
def test_the_reverse_difference_restores_the_config(base: Any, other: Any) -> None:
    forth, back = config_difference(base, other), config_difference(other, base)
    assert apply_difference(apply_difference(base, forth), back) == base


@given(configs(starts=[SMALL]))
def test_changes_are_valid_edits(other: Any) -> None:
    changes = config_difference(SMALL, other)
    edits = [parse_edit(f"{change.path}={_typed(change.after)}") for change in changes]
    assert apply_edits(SMALL, edits, link=False) == other


@given(configs())
def test_configs_round_trip_as_text(config: Any) -> None:
    assert parse_config(format_config(config)) == config


@given(configs(), st.randoms(use_true_random=False))
def test_fingerprint_ignores_order_and_comments(config: Any, random: Random) -> None:
    again = parse_config(shuffled_text(config, random))
    assert again == config
    assert fingerprint(again) == fingerprint(config)


@given(configs(), st.text(max_size=5), st.lists(st.text(max_size=5)))
def test_fingerprint_ignores_data_paths(config: Any, label_map: str, files: list[str]) -> None:
    before = fingerprint(config)
    for reader in (config.train_input_reader, *config.eval_input_reader):
        if reader.WhichOneof("input_reader") != "external_input_reader":
            reader.label_map_path = label_map
            reader.tf_record_input_reader.input_path[:] = files
    assert fingerprint(config) == before


@given(configs(), configs())
def test_different_fingerprints_mean_different_configs(base: Any, other: Any) -> None:
    assume(fingerprint(base) != fingerprint(other))
    assert base != other


SENSITIVE = [
    "batch_size=9",
    "learning_rate=0.041",
    "focal_alpha=none",
    "focal_alpha=0",
    "train_config.gradient_clipping_by_norm=1",
    f"{OPTIONS}[random_crop_image]=none",
    f"{OPTIONS}[random_vertical_flip]=true",
    f"{OPTIONS}=[{{random_crop_image {{min_area: 0.75}}}}, {{random_horizontal_flip {{}}}}]",
    "model.ssd.feature_extractor.conv_hyperparams.activation=SWISH",
    "model.ssd.feature_extractor.conv_hyperparams.batch_norm=none",
    "model.ssd.anchor_generator.multiscale_anchor_generator.aspect_ratios=[2.0, 1.0, 0.5]",
    "train_input_reader.max_number_of_boxes=50",
    "optimizer=adam_optimizer",
]


def test_fingerprint_depends_on_every_setting(config: pb.TrainEvalPipelineConfig, edited: Edited) -> None:
    prints = [fingerprint(config), *(fingerprint(edited(edit)) for edit in SENSITIVE)]
    assert len(set(prints)) == len(prints)
    assert all(len(print_) == 16 and int(print_, 16) >= 0 for print_ in prints)


@pytest.mark.parametrize(
    "edit",
    [
        "train_config.add_regularization_loss=true",
        "train_config.optimizer.moving_average_decay=0.9999",
        "focal_gamma=none",
        f"{OPTIONS}[random_horizontal_flip].probability=0.5",
        "model.ssd.feature_extractor.conv_hyperparams.op=CONV",
    ],
)
def test_fingerprint_ignores_explicit_defaults(
    config: pb.TrainEvalPipelineConfig, edited: Edited, edit: str
) -> None:
    assert edited(edit) != config
    assert fingerprint(edited(edit)) == fingerprint(config)


def test_fingerprint_depends_on_explicit_defaults_that_differ_from_absence(edited: Edited) -> None:
    option = f"{OPTIONS}[random_downscale_to_target_pixels]"
    written = edited(f"{option}.max_target_pixels=500000")
    assert fingerprint(written) != fingerprint(edited(f"{option}=true"))


def test_fingerprint_is_equal_in_another_process(config: pb.TrainEvalPipelineConfig) -> None:
    assert fingerprint(config) == "1a95beab40b00909"


def test_floats_are_shown_in_shortest_form(edited: Edited) -> None:
    base = edited("l2_weight=0.0004")
    other = edited("l2_weight=0.00039999998989515007")
    assert config_difference(base, other) == ()
    changes = config_difference(base, apply_edits(base, [Edit("l2_weight", 0.1 + 0.2)]))
    assert [(change.before, change.after) for change in changes] == [(0.0004, 0.3)] * 2
    assert 0.3 != 0.1 + 0.2


def test_lists_are_shown_as_text(config: pb.TrainEvalPipelineConfig, edited: Edited) -> None:
    swapped = f"{OPTIONS}=[{{random_crop_image {{min_area: 0.75}}}}, {{random_horizontal_flip {{}}}}]"
    assert config_difference(config, edited(swapped)) == (
        Change(
            OPTIONS,
            "[{random_horizontal_flip { }}, {random_crop_image { min_area: 0.75 }}]",
            "[{random_crop_image { min_area: 0.75 }}, {random_horizontal_flip { }}]",
        ),
    )


def _typed(value: Any) -> str:
    """Return a value as a user would type it."""
    if value is None:
        return "none"
    return f'"{value}"' if isinstance(value, str) and not value.startswith(("{", "[")) else str(value)
