"""Whether the trials of a sweep need several compiled programs, because its space has static parameters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import apply_edits
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.training.compile_key import CompileKey
from sweepbox.tuning.search.space import Space


@dataclass
class PickedValues:
    """Suggests the values in `picked`, the first option otherwise; records the options of each parameter."""

    picked: dict[str, Any]
    options: dict[str, Sequence[Any]] = field(default_factory=dict)

    def suggest_float(self, name: str, low: float, high: float, **_scale: Any) -> float:
        """Return one of the endpoints."""
        return float(self.suggest_categorical(name, (low, high)))

    def suggest_int(self, name: str, low: int, high: int, **_scale: Any) -> int:
        """Return one of the endpoints."""
        return int(self.suggest_categorical(name, (low, high)))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """Return one of the choices."""
        self.options[name] = choices
        return self.picked.get(name, choices[0])


def has_several_programs(base: pb.TrainEvalPipelineConfig, space: Space) -> bool:
    """Return whether changing any one parameter from one endpoint to the other changes the program."""
    programs: set[CompileKey] = set()
    for picked in _picks(space):
        try:
            programs.add(CompileKey.of(apply_edits(base, space.suggest(PickedValues(picked)))))
        except ConfigError:
            continue
        if len(programs) > 1:
            return True
    return False


def static_parameters(base: pb.TrainEvalPipelineConfig, space: Space) -> tuple[str, ...]:
    """Return the names of the parameters that change the program when they alone change."""
    programs: dict[str, set[CompileKey]] = {}
    for picked in _picks(space):
        *_, name = picked
        try:
            key = CompileKey.of(apply_edits(base, space.suggest(PickedValues(picked))))
        except ConfigError:
            continue
        programs.setdefault(name, set()).add(key)
    return tuple(name for name, keys in programs.items() if len(keys) > 1)


def _picks(space: Space) -> Iterator[dict[str, Any]]:
    """Yield every option of every parameter, beside the options of others on which it depends."""
    seen: set[str] = set()
    open_picks: list[dict[str, Any]] = [{}]
    while open_picks:
        picked = open_picks.pop()
        run = PickedValues(picked)
        space.suggest(run)
        new = {name: options for name, options in run.options.items() if name not in seen}
        seen |= new.keys()
        picks = [{**picked, name: option} for name, options in new.items() for option in options]
        yield from picks
        open_picks += picks


@dataclass(frozen=True)
class SampledProgram:
    """A config with a program of its own, and what it has beside the base config, in words."""

    name: str
    config: pb.TrainEvalPipelineConfig


def sample_programs(base: pb.TrainEvalPipelineConfig, space: Space) -> tuple[SampledProgram, ...]:
    """Return the base config and, for each option that changes the program, a config of the space with it.

    Combinations of such options have further programs.
    """
    found = {CompileKey.of(base): SampledProgram("base config", base)}
    for picked in _picks(space):
        try:
            config = apply_edits(base, space.suggest(PickedValues(picked)))
            key = CompileKey.of(config)
        except ConfigError:
            continue
        found.setdefault(
            key, SampledProgram(", ".join(f"{name}={value}" for name, value in picked.items()), config)
        )
    return tuple(found.values())
