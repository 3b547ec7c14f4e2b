"""Which pairs of trials with equal weights are impossible, as their fields must have acted."""

import pytest

from sweepbox.detection.config.edits import apply_edits, parse_edit
from sweepbox.tuning.trial.proof_of_effect import Trained, fields_without_effect
from tests.tiny import tiny_config

RATE = "train_config.optimizer.momentum_optimizer.learning_rate"
CONSTANT = f"{RATE}.constant_learning_rate.learning_rate"
MANUAL = f"{RATE}.manual_step_learning_rate"
STEADY = (
    "optimizer=momentum_optimizer",
    f"{RATE}.constant_learning_rate=true",
    f"{CONSTANT}=0.01",
    "num_steps=600",
)
LATE = (
    "optimizer=momentum_optimizer",
    f"{MANUAL}=true",
    f"{MANUAL}.initial_learning_rate=0.01",
    f"{MANUAL}.schedule=[{{step: 300, learning_rate: 0.001}}]",
    "num_steps=600",
)
ZERO_FIRST = (
    "optimizer=momentum_optimizer",
    f"{RATE}.cosine_decay_learning_rate.warmup_learning_rate=0.0",
)
GAMMA = "model.ssd.loss.classification_loss.weighted_sigmoid_focal.gamma"
MOMENTUM = "train_config.optimizer.momentum_optimizer.momentum_optimizer_value"
NMS = "model.ssd.post_processing.batch_non_max_suppression.iou_threshold"
FLIP = "train_config.data_augmentation_options[random_vertical_flip].probability"


@pytest.mark.parametrize(
    ("base", "edits", "steps", "named"),
    [
        pytest.param(STEADY, ("focal_gamma=1.5",), 1, [GAMMA], id="a loss after one step"),
        pytest.param(STEADY, ("focal_gamma=1.5",), 0, [], id="no step"),
        pytest.param(STEADY, ("learning_rate=0.02",), 1, [CONSTANT], id="the rate after one step"),
        pytest.param(STEADY, ("num_steps=500",), 400, [], id="a length that no rate depends on"),
        pytest.param(STEADY, ("momentum=0.5",), 1, [], id="momentum before there is any"),
        pytest.param(STEADY, ("momentum=0.5",), 2, [MOMENTUM], id="momentum after two steps"),
        pytest.param(STEADY, (f"{FLIP}=0.4",), 400, [], id="few images for a draw"),
        pytest.param(
            STEADY, (f"{FLIP}=0.4",), 600, ["train_config.data_augmentation_options"], id="many images"
        ),
        pytest.param(
            STEADY, ("train_config.gradient_clipping_by_norm=9",), 600, [], id="a limit never reached"
        ),
        pytest.param(STEADY, (f"{NMS}=0.4",), 600, [], id="post-processing"),
        pytest.param(STEADY, ("train_config.sync_replicas=false",), 600, [], id="a field set to its default"),
        pytest.param(
            STEADY, ("optimizer=adam_optimizer",), 1, ["train_config.optimizer"], id="another optimizer"
        ),
        pytest.param(
            LATE, (f"{MANUAL}.schedule[0].learning_rate=0.002",), 300, [], id="a rate that is still to come"
        ),
        pytest.param(
            LATE, (f"{MANUAL}.schedule[0].learning_rate=0.002",), 301, [MANUAL], id="a rate that has come"
        ),
        pytest.param(ZERO_FIRST, ("focal_gamma=1.5",), 1, [], id="a rate of zero"),
        pytest.param(ZERO_FIRST, ("focal_gamma=1.5",), 2, [GAMMA], id="a rate above zero"),
    ],
)
def test_equal_weights_prove_that_a_field_has_not_acted_only_where_it_must(
    base: tuple[str, ...], edits: tuple[str, ...], steps: int, named: list[str]
) -> None:
    first = Trained("0000", tiny_config(*base), "a", steps)
    changed = apply_edits(first.config, [parse_edit(edit) for edit in edits])
    second = Trained("0001", changed, "a", steps)
    found = fields_without_effect(first, second)
    assert len(found) >= len(named)
    assert bool(found) == bool(named)
    for name in named:
        assert any(path.startswith(name) for path in found), found


def test_different_or_unknown_weights_prove_nothing() -> None:
    first, second = (tiny_config(*STEADY, f"focal_gamma={gamma}") for gamma in (1.5, 2.0))
    assert fields_without_effect(Trained("0000", first, "a", 9), Trained("0001", second, "b", 9)) == ()
    assert fields_without_effect(Trained("0000", first, None, 9), Trained("0001", second, None, 9)) == ()


@pytest.mark.parametrize(("steps", "named"), [(6, False), (7, True)])
def test_a_copy_is_compared_on_the_steps_after_it_was_made(steps: int, named: bool) -> None:
    source = Trained("0000", tiny_config(*STEADY), "a", steps)
    copied = Trained("0001", tiny_config(*STEADY, "learning_rate=0.02"), "a", steps, first_step=6)
    assert bool(fields_without_effect(source, copied)) is named
