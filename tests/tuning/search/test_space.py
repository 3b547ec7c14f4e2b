from typing import Any

import pytest

from sweepbox.detection.config.edits import Edit
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.file import parse_spec

SPEC = """
name: a
base_config: b
space:
  learning_rate: {log_uniform: [1e-4, 1e-2]}
  focal_gamma: {uniform: [1, 2]}
  warmup_steps: {integer: [10, 25], step: 10}
  optimizer: {choice: [momentum_optimizer, adam_optimizer]}
  batch_size: {choice: [8]}
augmentations:
  random_adjust_hue: {max_delta: {uniform: [0.01, 0.05]}}
  random_horizontal_flip: {enabled: false}
"""
HUE = "train_config.data_augmentation_options[random_adjust_hue]"


class Recorder:
    """Takes the low end or the first choice, and remembers what it was asked."""

    def __init__(self, *, augmented: bool = True) -> None:
        self.asked: dict[str, tuple[Any, ...]] = {}
        self.augmented = augmented

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        assert step is None
        self.asked[name] = (low, high, log)
        return low

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        assert not log
        self.asked[name] = (low, high, step)
        return low

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        self.asked[name] = tuple(choices)
        return self.augmented if isinstance(choices[0], bool) else choices[0]


def test_each_parameter_is_asked_by_its_kind_and_becomes_an_edit() -> None:
    trial = Recorder()
    edits = Space.of(parse_spec(SPEC)).suggest(trial)
    assert trial.asked == {
        "learning_rate": (1e-4, 1e-2, True),
        "focal_gamma": (1.0, 2.0, False),
        "warmup_steps": (10, 20, 10),
        "optimizer": ("momentum_optimizer", "adam_optimizer"),
        "random_adjust_hue": (True, False),
        "random_adjust_hue.max_delta": (0.01, 0.05, False),
    }
    assert edits == (
        Edit("learning_rate", 1e-4),
        Edit("focal_gamma", 1.0),
        Edit("warmup_steps", 10),
        Edit("optimizer", "momentum_optimizer"),
        Edit("batch_size", 8),
        Edit(HUE, True),
        Edit(f"{HUE}.max_delta", 0.01),
        Edit("train_config.data_augmentation_options[random_horizontal_flip]", None),
    )


def test_the_strength_of_an_augmentation_that_is_off_is_not_asked() -> None:
    trial = Recorder(augmented=False)
    edits = Space.of(parse_spec(SPEC)).suggest(trial)
    assert "random_adjust_hue.max_delta" not in trial.asked
    assert Edit(HUE, None) in edits


def test_endpoints_are_the_ends_and_the_choices() -> None:
    endpoints = list(Space.of(parse_spec(SPEC)).endpoints())
    values = {key: [edits[-1].value for name, edits in endpoints if name == key] for key, _ in endpoints}
    assert values["space.learning_rate"] == [1e-4, 1e-2]
    assert values["space.warmup_steps"] == [10, 25]
    assert values["space.optimizer"] == ["momentum_optimizer", "adam_optimizer"]
    assert values["augmentations.random_adjust_hue.max_delta"] == [0.01, 0.05]
    assert (HUE, True) in [(edit.path, edit.value) for _, edits in endpoints for edit in edits]


@pytest.mark.parametrize("seed", range(3))
def test_an_optuna_trial_suggests_values(seed: int) -> None:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    trial = study.ask()
    edits = Space.of(parse_spec(SPEC)).suggest(trial)
    assert Space.of(parse_spec(SPEC)).suggest(optuna.trial.FixedTrial(trial.params)) == edits
