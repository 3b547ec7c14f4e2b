from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.aliases import ALIASES, OPTIMIZERS
from sweepbox.detection.config.change import Change
from sweepbox.detection.config.difference import config_difference
from sweepbox.detection.config.edits import Edit, apply_edits, parse_edit
from sweepbox.detection.config.support import problems_of
from sweepbox.detection.core.errors import ConfigError

Edited = Callable[..., pb.TrainEvalPipelineConfig]
OPTIONS = "train_config.data_augmentation_options"
ANCHORS = "model.ssd.anchor_generator.multiscale_anchor_generator"
RESIZER = "model.ssd.image_resizer"
OPTIMIZER = "train_config.optimizer"


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("train_config.batch_size=16", "train_config.batch_size", 16),
        (" learning_rate = 1e-3 ", "learning_rate", 0.001),
        ("learning_rate=.08", "learning_rate", 0.08),
        ("a.b=true", "a.b", True),
        ("a.b=False", "a.b", False),
        ("a.b=none", "a.b", None),
        ("a.b=null", "a.b", None),
        ("a.activation=NONE", "a.activation", "NONE"),
        ("a.b='16'", "a.b", "16"),
        ('a.b="x=y"', "a.b", "x=y"),
        ("a.b=[1, 2]", "a.b", "[1, 2]"),
        ("a.b=", "a.b", ""),
    ],
)
def test_parse_edit(text: str, path: str, value: object) -> None:
    edit = parse_edit(text)
    assert edit == Edit(path, value)  # type: ignore[arg-type]
    assert type(edit.value) is type(value)


@pytest.mark.parametrize("text", ["train_config.batch_size", "=3", ""])
def test_invalid_edit_text(text: str) -> None:
    with pytest.raises(ConfigError, match="write PATH=VALUE"):
        parse_edit(text)


CHANGES = [
    ("batch_size=16", [("train_config.batch_size", 8, 16)]),
    ("train_config.batch_size=16.0", [("train_config.batch_size", 8, 16)]),
    ("train_config.gradient_clipping_by_norm=10", [("train_config.gradient_clipping_by_norm", None, 10.0)]),
    ("train_config.batch_size=none", [("train_config.batch_size", 8, None)]),
    ("train_config.use_bfloat16=true", [("train_config.use_bfloat16", None, True)]),
    (
        "train_config.fine_tune_checkpoint_version=V2",
        [("train_config.fine_tune_checkpoint_version", None, "V2")],
    ),
    (
        "train_config.fine_tune_checkpoint_version=2",
        [("train_config.fine_tune_checkpoint_version", None, "V2")],
    ),
    (f"{OPTIONS}[random_adjust_hue]=true", [(f"{OPTIONS}[random_adjust_hue]", None, True)]),
    (f"{OPTIONS}[random_horizontal_flip]=true", []),
    (f"{OPTIONS}[random_horizontal_flip]=none", [(f"{OPTIONS}[random_horizontal_flip]", True, None)]),
    (f"{OPTIONS}[random_crop_image]=false", [(f"{OPTIONS}[random_crop_image]", "{min_area: 0.75}", None)]),
    (f"{OPTIONS}[random_adjust_hue]=none", []),
    (f"{OPTIONS}[random_crop_image].min_area=0.5", [(f"{OPTIONS}[random_crop_image].min_area", 0.75, 0.5)]),
    (f"{OPTIONS}[1].random_crop_image.min_area=0.5", [(f"{OPTIONS}[random_crop_image].min_area", 0.75, 0.5)]),
    (
        f"{OPTIONS}[random_adjust_brightness].max_delta=0.3",
        [(f"{OPTIONS}[random_adjust_brightness].max_delta", None, 0.3)],
    ),
    (f"{ANCHORS}.aspect_ratios=[1.0, 0.7]", [(f"{ANCHORS}.aspect_ratios", "[1.0, 2.0, 0.5]", "[1.0, 0.7]")]),
    (f"{ANCHORS}.aspect_ratios=3", [(f"{ANCHORS}.aspect_ratios", "[1.0, 2.0, 0.5]", "[3.0]")]),
    (
        f"{ANCHORS}.aspect_ratios[3]=3",
        [(f"{ANCHORS}.aspect_ratios", "[1.0, 2.0, 0.5]", "[1.0, 2.0, 0.5, 3.0]")],
    ),
    (f"{ANCHORS}.aspect_ratios[0]=none", [(f"{ANCHORS}.aspect_ratios", "[1.0, 2.0, 0.5]", "[2.0, 0.5]")]),
    (f"{ANCHORS}.aspect_ratios=none", [(f"{ANCHORS}.aspect_ratios", "[1.0, 2.0, 0.5]", None)]),
    (
        f"{RESIZER}={{fixed_shape_resizer {{height: 64 width: 128}}}}",
        [(f"{RESIZER}.fixed_shape_resizer.height", 128, 64)],
    ),
    (
        f"{RESIZER}.identity_resizer=true",
        [
            (f"{RESIZER}.fixed_shape_resizer", "{height: 128 width: 128}", None),
            (f"{RESIZER}.identity_resizer", None, True),
        ],
    ),
    ("eval_input_reader[0].shuffle=true", [("eval_input_reader[0].shuffle", False, True)]),
    (
        "eval_config.super_categories=[{key: 'a' value: 'b'}]",
        [("eval_config.super_categories", None, '[{key: "a" value: "b"}]')],
    ),
    ("train_config.optimizer.rms_prop_optimizer.epsilon=none", []),
]


@pytest.mark.parametrize(("edit", "expected"), CHANGES)
def test_edit_changes_its_field(
    config: pb.TrainEvalPipelineConfig, edited: Edited, edit: str, expected: list[tuple[str, object, object]]
) -> None:
    before = config.SerializeToString(deterministic=True)
    changes = config_difference(config, edited(edit))
    assert sorted(changes, key=lambda change: change.path) == [Change(*row) for row in expected]  # type: ignore[arg-type]
    assert config.SerializeToString(deterministic=True) == before


REFUSED = [
    ("train_config.batchsize=3", "TrainConfig has no field 'batchsize'; did you mean 'batch_size'?"),
    ("batchsize=3", "there is an alias 'batch_size'"),
    (f"{OPTIMIZER}.learning_rate=3", "there is an alias 'learning_rate'"),
    ("batch_size=-1", "train_config.batch_size = -1: give an integer from 0 to 4294967295"),
    ("batch_size=1.5", "train_config.batch_size = 1.5: give an integer"),
    ("batch_size=true", "train_config.batch_size = True: give an integer"),
    ("batch_size=many", "train_config.batch_size = 'many': give an integer"),
    ("batch_size=4294967296", "= 4294967296: give an integer"),
    ("learning_rate=nan", "= nan: give a number"),
    ("learning_rate=1e39", "= 1e+39: give a number"),
    ("train_config.use_bfloat16=1", "train_config.use_bfloat16 = 1: give true or false"),
    ("train_config.fine_tune_checkpoint=3", "give a string in quotes"),
    (
        "model.ssd.feature_extractor.conv_hyperparams.activation=RELU_7",
        "NONE, RELU, RELU_6, SWISH; did you mean RELU",
    ),
    (f"{OPTIONS}[random_adjust_bright]=true", "did you mean 'random_adjust_brightness'?"),
    (f"{OPTIONS}[2].random_rotation90.x=1", "has no field 'x'"),
    (f"{OPTIONS}[7]=true", "data_augmentation_options has 2 elements, numbered from 0"),
    (f"{OPTIONS}.random_crop_image=true", "name an element, data_augmentation_options[0]"),
    (f"{OPTIONS}=1", "give a list in text format"),
    ("model.ssd.num_classes[0]=1", "num_classes is not a list"),
    ("model.ssd.num_classes.x=1", "model.ssd.num_classes is not a message"),
    ("eval_input_reader[first].shuffle=true", "name an element by its position, eval_input_reader[0]"),
    ("model..ssd=1", "'' is not a field name"),
    ("model.ssd=3", "model.ssd = 3: give true, none or a Ssd in text format"),
    (f"{RESIZER}={{fixed_shape_resizer {{widt: 3}}}}", f"{RESIZER}:1:22: fixed_shape_resizer.widt"),
    (f"{RESIZER}.keep_aspect_ratio_resizer.min_dimension=3", f"set {RESIZER}.keep_aspect_ratio_resizer=true"),
    (
        "optimizer=adam",
        "give one of momentum_optimizer, adam_optimizer, rms_prop_optimizer; did you mean adam_opt",
    ),
]


@pytest.mark.parametrize(("edit", "message"), REFUSED)
def test_invalid_edit_is_rejected(edited: Edited, edit: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        edited(edit)
    assert message in str(caught.value)


def test_switching_on_and_setting_a_value_in_any_order(edited: Edited) -> None:
    edits = [
        f"{RESIZER}.keep_aspect_ratio_resizer.min_dimension=64",
        f"{RESIZER}.keep_aspect_ratio_resizer=true",
    ]
    assert edited(*edits) == edited(*reversed(edits))
    assert edited(*edits).model.ssd.image_resizer.keep_aspect_ratio_resizer.min_dimension == 64


def test_removing_and_setting_the_same_option_is_rejected(edited: Edited) -> None:
    with pytest.raises(ConfigError, match="make only one of these edits"):
        edited(f"{OPTIONS}[random_crop_image]=none", f"{OPTIONS}[random_crop_image].min_area=0.5")


def test_last_value_of_a_field_wins(edited: Edited) -> None:
    assert edited("batch_size=16", "train_config.batch_size=32").train_config.batch_size == 32


def test_repeated_option_is_addressed_by_index(edited: Edited) -> None:
    twice = edited(f"{OPTIONS}=[{{random_crop_image {{}}}}, {{random_crop_image {{}}}}]")
    with pytest.raises(ConfigError, match=r"occurs 2 times; name one of data_augmentation_options\[0\]"):
        apply_edits(twice, [Edit(f"{OPTIONS}[random_crop_image].min_area", 0.5)])
    second = apply_edits(twice, [Edit(f"{OPTIONS}[1].random_crop_image.min_area", 0.5)])
    assert second.train_config.data_augmentation_options[1].random_crop_image.min_area == 0.5


SCHEDULES = {
    "constant_learning_rate": ("learning_rate", None),
    "exponential_decay_learning_rate": ("initial_learning_rate", "burnin_steps"),
    "manual_step_learning_rate": ("initial_learning_rate", None),
    "cosine_decay_learning_rate": ("learning_rate_base", "warmup_steps"),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_learning_rate_aliases_edit_every_schedule_of_every_optimizer(
    edited: Edited, optimizer: str, schedule: str
) -> None:
    rate_field, warmup_field = SCHEDULES[schedule]
    path = f"{OPTIMIZER}.{optimizer}.learning_rate.{schedule}"
    edits = ["learning_rate=0.25", f"optimizer={optimizer}", f"{path}=true"]
    result = edited(*edits, *(["warmup_steps=7"] if warmup_field else []))
    message = getattr(getattr(result.train_config.optimizer, optimizer).learning_rate, schedule)
    assert getattr(message, rate_field) == 0.25
    if warmup_field:
        assert getattr(message, warmup_field) == 7
    else:
        with pytest.raises(ConfigError, match=f"{schedule} has no warm-up steps"):
            edited(*edits, "warmup_steps=7")


def test_optimizer_keeps_schedule_and_momentum(config: pb.TrainEvalPipelineConfig, edited: Edited) -> None:
    before = config.train_config.optimizer.momentum_optimizer
    adam = edited("optimizer=adam_optimizer").train_config.optimizer
    assert adam.adam_optimizer.learning_rate == before.learning_rate
    assert not adam.use_moving_average
    rms = edited("optimizer=rms_prop_optimizer").train_config.optimizer.rms_prop_optimizer
    assert rms.learning_rate == before.learning_rate
    assert rms.momentum_optimizer_value == before.momentum_optimizer_value
    assert edited("optimizer=momentum_optimizer") == config


def test_momentum_of_adam_is_rejected(edited: Edited) -> None:
    with pytest.raises(ConfigError, match=r"momentum contradicts train_config\.optimizer\.adam_optimizer"):
        edited("momentum=0.8", "optimizer=adam_optimizer")


def test_learning_rate_alias_scales_a_manual_schedule(edited: Edited) -> None:
    path = f"{OPTIMIZER}.momentum_optimizer.learning_rate.manual_step_learning_rate"
    steps = "schedule {step: 10 learning_rate: 0.25} schedule {step: 20 learning_rate: 0.125}"
    text = f"initial_learning_rate: 0.5 {steps}"
    plain = edited(f"{path}={{{text}}}", "learning_rate=0.25")
    manual = plain.train_config.optimizer.momentum_optimizer.learning_rate.manual_step_learning_rate
    assert manual.initial_learning_rate == 0.25
    assert [step.learning_rate for step in manual.schedule] == [0.125, 0.0625]
    warmed = edited(f"{path}={{{text} warmup: true}}", "learning_rate=0.5")
    manual = warmed.train_config.optimizer.momentum_optimizer.learning_rate.manual_step_learning_rate
    assert manual.initial_learning_rate == 1.0
    assert [step.learning_rate for step in manual.schedule] == [0.5, 0.25]


def test_l2_weight_edits_extractor_and_predictor(edited: Edited) -> None:
    ssd = edited("l2_weight=0.125").model.ssd
    predictor = ssd.box_predictor.weight_shared_convolutional_box_predictor
    for owner in (ssd.feature_extractor, predictor):
        assert owner.conv_hyperparams.regularizer.l2_regularizer.weight == 0.125


def test_focal_aliases(edited: Edited) -> None:
    focal = edited(
        "focal_alpha=none", "focal_gamma=1.5"
    ).model.ssd.loss.classification_loss.weighted_sigmoid_focal
    assert not focal.HasField("alpha")
    assert focal.gamma == 1.5
    with pytest.raises(
        ConfigError, match=r"the config sets model\.ssd\.loss\.classification_loss\.weighted_sigmoid;"
    ):
        edited("model.ssd.loss.classification_loss.weighted_sigmoid=true", "focal_gamma=1.5")


@pytest.mark.parametrize("alias", ["learning_rate", "warmup_steps", "momentum"])
def test_alias_without_its_message_in_the_config_is_rejected(alias: str) -> None:
    with pytest.raises(ConfigError, match=f"^{alias}.* train_config.optimizer"):
        apply_edits(pb.TrainEvalPipelineConfig(), [Edit(alias, 1)])


def test_every_alias_has_a_description(edited: Edited) -> None:
    given = {"optimizer": "adam_optimizer", "momentum": 0.5, "focal_alpha": 0.5, "frozen_layers": "[]"}
    for alias, meaning in ALIASES.items():
        assert edited(f"{alias}={given.get(alias, 1)}")
        assert meaning


@given(
    rate=st.floats(1e-6, 10), steps=st.integers(2, 10**8), optimizer=st.sampled_from(OPTIMIZERS), data=st.data()
)
def test_edits_of_a_supported_config_give_a_supported_config(
    rate: float, steps: int, optimizer: str, data: st.DataObject
) -> None:
    config = _supported()
    edits = [Edit("learning_rate", rate), Edit("num_steps", steps), Edit("optimizer", optimizer)]
    result = apply_edits(config, data.draw(st.permutations(edits)))
    assert problems_of(result) == []
    assert result.train_config.num_steps == steps


def _supported() -> pb.TrainEvalPipelineConfig:
    from pathlib import Path

    from sweepbox.detection.config.load import load_config

    return load_config(Path(__file__).with_name("small.config"))
