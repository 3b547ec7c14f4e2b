"""The search space: parameters by config path, suggested by a sampler, turned into edits of the config."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sweepbox.detection.config.edits import Edit
from sweepbox.tuning.spec.schema import Augmentation, Distribution, Scalar, SweepSpec

AUGMENTATION_PATH = "train_config.data_augmentation_options[{name}]"


class TrialLike(Protocol):
    """An object that suggests values by name, such as an Optuna trial."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Return a real number in [low, high]."""

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1) -> int:
        """Return a whole number in [low, high]."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""


@dataclass(frozen=True)
class Space:
    """The parameters of a sweep; those of an augmentation are suggested only where it is on."""

    fields: dict[str, Distribution]
    augmentations: dict[str, Augmentation]

    @classmethod
    def of(cls, spec: SweepSpec) -> "Space":
        """Return the space of a sweep file."""
        return cls(fields=dict(spec.space), augmentations=dict(spec.augmentations))

    def suggest(self, trial: TrialLike) -> tuple[Edit, ...]:
        """Return the edits that make a trial's config, with the values that `trial` suggests."""
        edits = [Edit(path, _suggest(trial, path, distribution)) for path, distribution in self.fields.items()]
        for name, augmentation in self.augmentations.items():
            edits += _suggest_augmentation(trial, name, augmentation)
        return tuple(edits)

    def endpoints(self) -> Iterator[tuple[str, tuple[Edit, ...]]]:
        """Yield each endpoint of each range and each choice: its key in the sweep file, and its edits."""
        for path, distribution in self.fields.items():
            for value in _ends(distribution):
                yield f"space.{path}", (Edit(path, value),)
        for name, augmentation in self.augmentations.items():
            yield f"augmentations.{name}", _switch(name, on=True)
            for field, distribution in augmentation.parameters.items():
                for value in _ends(distribution):
                    setting = Edit(f"{AUGMENTATION_PATH.format(name=name)}.{field}", value)
                    yield f"augmentations.{name}.{field}", (*_switch(name, on=True), setting)


def _suggest_augmentation(trial: TrialLike, name: str, augmentation: Augmentation) -> Sequence[Edit]:
    choices = augmentation.enabled
    enabled = choices[0] if len(choices) == 1 else trial.suggest_categorical(name, choices)
    if not enabled:
        return _switch(name, on=False)
    path = AUGMENTATION_PATH.format(name=name)
    settings = [
        Edit(f"{path}.{field}", _suggest(trial, f"{name}.{field}", distribution))
        for field, distribution in augmentation.parameters.items()
    ]
    return (*_switch(name, on=True), *settings)


def _switch(name: str, *, on: bool) -> tuple[Edit, ...]:
    return (Edit(AUGMENTATION_PATH.format(name=name), True if on else None),)


def _suggest(trial: TrialLike, name: str, distribution: Distribution) -> Scalar:
    if distribution.choice is not None:
        fixed = len(distribution.choice) == 1
        chosen = distribution.choice[0] if fixed else trial.suggest_categorical(name, distribution.choice)
        return _as_scalar(chosen)
    if distribution.integer is not None:
        low, high = distribution.integer
        step = distribution.step or 1
        return trial.suggest_int(name, low, low + (high - low) // step * step, step=step)
    low_end, high_end = distribution.log_uniform or distribution.uniform or (0.0, 0.0)
    return trial.suggest_float(name, low_end, high_end, log=distribution.log_uniform is not None)


def _as_scalar(value: Any) -> Scalar:
    if not isinstance(value, bool | int | float | str):
        raise TypeError(f"{value!r} is no value of a config field")
    return value


def _ends(distribution: Distribution) -> Sequence[Scalar]:
    if distribution.choice is not None:
        return distribution.choice
    return distribution.log_uniform or distribution.uniform or distribution.integer or ()
