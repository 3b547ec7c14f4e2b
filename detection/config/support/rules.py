"""Checks of single fields: permitted choices, values and ranges."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.fields import Scalar, get_plain

Check = Callable[[pb.TrainEvalPipelineConfig], Iterator[str]]
"""A function that yields a line for each problem of a config; the rules below are checks."""

LARGEST_BATCH = 65_536
MOST_CHANNELS = 16_384
MOST_BOXES = 100_000
"""Detections or boxes of an image, and classes."""


@dataclass(frozen=True)
class Choice:
    """The message at `path` must choose one of `supported` in its oneof, or nothing if `optional`."""

    path: str
    oneof: str
    supported: tuple[str, ...]
    optional: bool = False

    def __call__(self, config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
        """Yield the problem, if there is one."""
        message = message_at(config, self.path)
        chosen = message.WhichOneof(self.oneof) if message is not None else None
        names = " or ".join(self.supported)
        if chosen is None and not self.optional:
            yield f"{self.path}: nothing is chosen; set {names}"
        elif chosen is not None and chosen not in self.supported:
            yield f"{self.path}.{chosen} is not supported; use {names}"


@dataclass(frozen=True)
class Only:
    """The field at `path` must have one of the values `supported` if its message is present."""

    path: str
    supported: tuple[Scalar, ...]

    def __call__(self, config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
        """Yield the problem, if there is one."""
        value = value_at(config, self.path)
        if value is not None and value not in self.supported:
            supported = " or ".join(map(_shown, self.supported))
            yield f"{self.path} = {_shown(value)} is not supported; use {supported}"


@dataclass(frozen=True)
class Range:
    """The field at `path` must be from `low` to `high` if its message is present; `above` excludes `low`."""

    path: str
    low: float
    high: float | None = None
    above: bool = False

    def __call__(self, config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
        """Yield the problem, if there is one."""
        value = value_at(config, self.path)
        if isinstance(value, int | float):
            yield from range_problems(self, value)


def range_problems(rule: Range, value: float) -> Iterator[str]:
    """Yield the problem of a value with a range, if there is one; NaN is in no range."""
    too_low = not (value > rule.low if rule.above else value >= rule.low)
    if too_low or (rule.high is not None and value > rule.high):
        start = f"above {rule.low:g}" if rule.above else f"of at least {rule.low:g}"
        end = f" and at most {rule.high:g}" if rule.high is not None else ""
        yield f"{rule.path} = {value}: give a value {start}{end}"


@dataclass(frozen=True)
class Absent:
    """The message or list at `path` must be absent."""

    path: str

    def __call__(self, config: pb.TrainEvalPipelineConfig) -> Iterator[str]:
        """Yield the problem, if there is one."""
        parent_path, _, name = self.path.rpartition(".")
        parent = message_at(config, parent_path)
        if parent is not None and any(field.name == name for field, _ in parent.ListFields()):
            yield f"{self.path} is not supported; remove it"


def message_at(config: Message, path: str) -> Message | None:
    """Return the message at a path of singular fields, None if it is absent; the empty path is `config`."""
    current: Any = config
    for name in path.split(".") if path else ():
        if not current.HasField(name):
            return None
        current = getattr(current, name)
    return current  # type: ignore[no-any-return]


def value_at(config: Message, path: str) -> Scalar | None:
    """Return the value or default of the scalar field at a path, None if its message is absent."""
    parent_path, _, name = path.rpartition(".")
    parent = message_at(config, parent_path)
    return get_plain(parent, name) if parent is not None else None


def _shown(value: Scalar) -> str:
    """Return a value as a config writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, str) and not value.isupper() else str(value)
