import ast
import re
from pathlib import Path

import pytest

from sweepbox.detection.checkpoint.folder import CheckpointMetadata
from sweepbox.detection.config.change import Change
from sweepbox.detection.config.difference import fingerprint
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.export.input_type import InputType
from sweepbox.detection.export.model_card import CardExtras, model_card

GOLDEN = Path(__file__).parents[1] / "golden"
CONFIG = load_config(GOLDEN / "model_mobilenet_v2_fpnlite_small" / "pipeline.config")
LABELS = LabelMap(((1, "cat"), (4, "dog|wolf")))
METADATA = CheckpointMetadata(
    step=50,
    metrics={"mAP": 0.25, "mAP@.50": 0.5, "AP/cat": 0.25, "AP@.50/cat": 0.5, "AP/dog|wolf": -1.0},
    seed=11,
    precision="bfloat16",
)


def _card(extras: CardExtras | None = None, metadata: CheckpointMetadata = METADATA) -> str:
    return model_card(CONFIG, LABELS, metadata, "ab" * 32, extras or CardExtras())


def test_metrics_by_class_and_undefined_ones_as_a_dash() -> None:
    card = _card()
    assert "| 1 | cat | 0.2500 | 0.5000 |" in card
    assert "| 4 | dog\\|wolf | - | - |" in card
    assert "|  | mean of the classes | 0.2500 | 0.5000 |" in card
    assert "at step 50" in card


def test_training_settings_and_provenance() -> None:
    card = _card()
    for line in (
        "| steps | 50 of 25000 |",
        "| batch size | 2 |",
        "| optimizer | `adam_optimizer` |",
        "| base learning rate | 0.001 (`cosine_decay_learning_rate`) |",
        "| precision | bfloat16 |",
        "| augmentation | `random_horizontal_flip { }`<br>`random_crop_image {",
        f"| config fingerprint | `{fingerprint(CONFIG)}` |",
        "| seed | 11 |",
    ):
        assert line in card
    assert "ab" * 32 in card


def test_the_card_of_a_sweep_has_its_information() -> None:
    extras = CardExtras(
        origin="trial 0003 of the sweep 'masks'",
        changes=[Change("train_config.batch_size", 8, 16), Change("model.ssd.x", None, 0.25)],
        images={"train": 80, "validation": 16},
        objects={"cat": {"train": 100, "validation": 20}, "dog|wolf": {"train": 5}},
        evidence=("Test: mAP 0.4000 of the exported weights.", "Verdict: better."),
    )
    card = _card(extras)
    for line in (
        "| from | trial 0003 of the sweep 'masks' |",
        "| `train_config.batch_size` | `8` | `16` |",
        "| `model.ssd.x` | - | `0.25` |",
        "|  | train | validation |",
        "| images | 80 | 16 |",
        "## How it was chosen, and what it is worth\n\n* Test: mAP 0.4000 of the exported weights.\n* Verdict",
        "| objects: dog\\|wolf | 5 | 0 |",
    ):
        assert line in card


def test_without_extras_their_sections_are_omitted() -> None:
    assert "## Data" not in _card()
    assert "## Changes" not in _card()
    assert "## How it was chosen" not in _card()
    assert "## Changes from the base config\n\nNone." in _card(CardExtras(changes=()))


def test_a_checkpoint_without_metrics() -> None:
    assert "there are no metrics" in _card(metadata=CheckpointMetadata(0, {}, 0, "float32"))


def test_the_same_model_has_the_same_card_without_a_date() -> None:
    assert _card() == _card()
    assert not re.search(r"20\d\d-\d\d", _card())


@pytest.mark.parametrize("input_type", InputType)
def test_the_usage_matches_the_input_type(input_type: InputType) -> None:
    card = model_card(CONFIG, LABELS, METADATA, "ab" * 32, CardExtras(), input_type=input_type)
    assert f"Input type `{input_type}`." in card
    program = card.split("```")[1].removeprefix("python\n")
    ast.parse(program)
    assert ("numpy" in program) == (input_type in (InputType.IMAGE_TENSOR, InputType.FLOAT_IMAGE_TENSOR))
