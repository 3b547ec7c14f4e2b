"""The parameters of a space that a config already has."""

from collections.abc import Mapping, Sequence
from typing import Any

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.settings import setting_of
from sweepbox.detection.core.errors import ConfigError
from sweepbox.tuning.search.space import AUGMENTATION_PATH, Space
from sweepbox.tuning.spec.schema import Scalar


def parameters_of(config: pb.TrainEvalPipelineConfig, space: Space) -> dict[str, Scalar]:
    """Return the values that a config has of a space's parameters; empty where it lacks one.

    Whether they lie in their ranges is not checked. The value of a parameter that scales with another is the
    one before scaling.
    """
    reader = _Reader(config, space)
    try:
        space.suggest(reader)
    except (ConfigError, _AbsentError):
        return {}
    return reader.values


class _AbsentError(ValueError):
    """The config has no such value."""


class _Reader:
    """Stands in for an Optuna trial: suggests what the config has."""

    def __init__(self, config: pb.TrainEvalPipelineConfig, space: Space) -> None:
        self._config = config
        self._space = space
        self._paths = {key: key for key in space.fields}
        for name, augmentation in space.augmentations.items():
            self._paths[name] = AUGMENTATION_PATH.format(name=name)
            for field in augmentation.parameters:
                self._paths[f"{name}.{field}"] = f"{self._paths[name]}.{field}"
        self.values: dict[str, Scalar] = {}

    def suggest_float(self, name: str, low: float, high: float, **_scale: Any) -> float:  # noqa: ARG002
        """Return the config's real number."""
        return float(self._read(name, float))

    def suggest_int(self, name: str, low: int, high: int, **_scale: Any) -> int:  # noqa: ARG002
        """Return the config's whole number."""
        return int(self._read(name, int))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:  # noqa: ARG002
        """Return the config's value."""
        return self._read(name, lambda value: value)

    def _read(self, name: str, kind: Any) -> Any:
        value = setting_of(self._config, self._paths[name])
        if value is None or (isinstance(value, str) and kind in (int, float)):
            raise _AbsentError(name)
        self.values[name] = kind(_unscaled(value, name, self._space, self.values))
        return self.values[name]


def _unscaled(value: Scalar, name: str, space: Space, values: Mapping[str, Scalar]) -> Scalar:
    entry = space.fields.get(name)
    for parent, reference in ((entry.scale_with if entry else None) or {}).items():
        return float(value) * reference / float(values[parent])
    return value
