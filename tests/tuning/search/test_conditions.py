from pathlib import Path
from typing import Any

import pytest

from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.search.endpoints import check_space
from sweepbox.tuning.search.programs import has_several_programs
from sweepbox.tuning.search.replay import Replay
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.file import parse_spec, save_spec
from sweepbox.tuning.spec.schema import SweepSpec

QUICKSTART = Path(__file__).parents[3] / "experiments" / "configs" / "quickstart.config"
HEADER = "name: a\nbase_config: b\nspace:\n"
OPTIMIZER = "  optimizer: {choice: [momentum_optimizer, adam_optimizer]}\n"
MOMENTUM = "  momentum: {uniform: [0.5, 0.9], when: {optimizer: momentum_optimizer}}\n"


def edits_of(spec: SweepSpec, **values: Any) -> dict[str, Any]:
    return {edit.path: edit.value for edit in Space.of(spec).suggest(Replay(values))}


@pytest.mark.parametrize("text", [OPTIMIZER + MOMENTUM, MOMENTUM + OPTIMIZER])
def test_a_conditional_parameter_exists_where_its_condition_holds(text: str) -> None:
    spec = parse_spec(HEADER + text)
    check_space(load_config(QUICKSTART), spec)
    assert edits_of(spec, optimizer="adam_optimizer") == {"optimizer": "adam_optimizer"}
    given = {"optimizer": "momentum_optimizer", "momentum": 0.7}
    assert edits_of(spec, **given) == given
    momentum = next(item for item in Space.of(spec).parameters() if item.name == "momentum")
    assert not momentum.always


def test_conditions_chain_accept_several_values_and_depend_on_augmentations() -> None:
    spec = parse_spec(
        HEADER
        + "  c: {uniform: [0, 1], when: {random_horizontal_flip: true, b: [2, 3]}}\n"
        + "  b: {choice: [1, 2, 3], when: {a: x}}\n  a: {choice: [x, y]}\n"
        + "augmentations: {random_horizontal_flip: {}}\n"
    )
    flip = "train_config.data_augmentation_options[random_horizontal_flip]"
    assert edits_of(spec, a="y", random_horizontal_flip=True) == {"a": "y", flip: True}
    assert edits_of(spec, a="x", b=1, random_horizontal_flip=True) == {"a": "x", "b": 1, flip: True}
    assert edits_of(spec, a="x", b=3, random_horizontal_flip=False) == {"a": "x", "b": 3, flip: None}
    assert edits_of(spec, a="x", b=2, c=0.5, random_horizontal_flip=True)["c"] == 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  a: {uniform: [0, 1], when: {b: 1}}", "space.a.when.b: is no parameter of the space"),
        ("  a: {uniform: [0, 1], when: {optimizr: adam_optimizer}}\n" + OPTIMIZER, "did you mean 'optimizer'"),
        ("  a: {uniform: [0, 1], when: {optimizer: adam}}\n" + OPTIMIZER, "'adam' is not one of its choices"),
        ("  a: {uniform: [0, 1], when: {b: 1}}\n  b: {integer: [1, 2]}", "is a range; a condition needs"),
        (
            "  a: {uniform: [0, 1], when: {b: true}}\n  b: {choice: [1, 2]}",
            "True is not one of its choices 1, 2",
        ),
        ("  a: {choice: [1], when: {b: 1}}\n  b: {choice: [1], when: {a: 1}}", "space.a: depends on itself"),
        ("  a: {uniform: [0, 1], scale_with: {b: 1}}", "space.a.scale_with.b: is no parameter of the space"),
        ("  a: {uniform: [0, 1], scale_with: {b: 1}}\n  b: {choice: [x]}", "must be a number that every trial"),
        ("  a: {uniform: [0, 1], scale_with: {b: 0}}\n  b: {choice: [1]}", "the reference must be above 0"),
        ("  a: {choice: [x], scale_with: {b: 1}}\n  b: {choice: [1]}", "scale_with needs numbers"),
        ("  a: {uniform: [0, 1], when: {}}", "when"),
        ("  a: {log_uniform: [1, 2], step: 1}", "step belongs to integer or uniform"),
        ("  a: {log_integer: [1, 2], step: 1}", "step belongs to integer or uniform"),
        ("  a: {integer: [1, 3], step: 0.5}", "must be a whole number"),
        ("  a: {log_integer: [0, 3]}", "must be above 0; use integer"),
        ("  model.ssd.num_classes: {choice: [3, 4]}", "space.model.ssd.num_classes: cannot be searched"),
        ("  eval_config.metrics_set: {choice: [a, b]}", "space.eval_config.metrics_set: cannot be searched"),
    ],
)
def test_a_condition_that_cannot_hold_is_refused(text: str, message: str) -> None:
    with pytest.raises(SweepError, match=message):
        check_space(load_config(QUICKSTART), parse_spec(HEADER + text))


def test_a_rate_scales_with_the_batch_size() -> None:
    spec = parse_spec(
        HEADER + "  learning_rate: {log_uniform: [0.001, 0.01], scale_with: {batch_size: 8}}\n"
        "  batch_size: {choice: [4, 16]}\n"
    )
    check_space(load_config(QUICKSTART), spec)
    assert edits_of(spec, batch_size=16, learning_rate=0.002)["learning_rate"] == pytest.approx(0.004)
    ends = [edits[-1].value for key, edits in Space.of(spec).endpoints() if key == "space.learning_rate"]
    assert ends == pytest.approx([0.0005, 0.02])


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("{uniform: [1.0, 2.1], step: 0.25}", {1.0, 1.25, 1.5, 1.75, 2.0}),
        ("{uniform: [0.1, 0.3], step: 0.1}", {0.1, 0.2, 0.3}),
        ("{log_integer: [1, 3]}", {1, 2, 3}),
        ("{integer: [2, 8], step: 3}", {2, 5, 8}),
    ],
)
def test_quantised_ranges_give_their_steps_alone(entry: str, expected: set[float]) -> None:
    import optuna

    space = Space.of(parse_spec(f"{HEADER}  a: {entry}"))
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    drawn = {round(float(edit.value or 0), 9) for _ in range(60) for edit in space.suggest(study.ask())}
    assert drawn == {float(value) for value in expected}


def test_a_conditional_static_parameter_makes_several_programs() -> None:
    spec = parse_spec(
        HEADER
        + "  focal_gamma: {choice: [1.0, 2.0]}\n  batch_size: {choice: [4, 8], when: {focal_gamma: 2.0}}\n"
    )
    assert has_several_programs(load_config(QUICKSTART), Space.of(spec))


def test_conditions_are_kept_in_the_sweeps_folder(tmp_path: Path) -> None:
    spec = parse_spec(HEADER + OPTIMIZER + MOMENTUM + "require: [momentum > 0.6]\n")
    save_spec(spec, tmp_path / "sweep.yaml")
    assert parse_spec((tmp_path / "sweep.yaml").read_text()) == spec
