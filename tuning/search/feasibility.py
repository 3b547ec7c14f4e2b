"""Which draws of a space meet the sweep file's requirements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.aliases import ALIASES
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.fields import nearest
from sweepbox.detection.config.settings import setting_of
from sweepbox.detection.core.errors import ConfigError, SweepError
from sweepbox.tuning.search.requirements import Requirement
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import Scalar, SweepSpec

DRAWS = 10_000
LEAST_FEASIBLE = 0.01
"""The least fraction of random draws that must be feasible."""


@dataclass(frozen=True)
class Feasibility:
    """The requirements of a sweep, and the base config's values of the settings that they name.

    A setting that is a parameter of the space has the trial's value, any other the base config's.
    """

    requirements: tuple[Requirement, ...] = ()
    constants: Mapping[str, Scalar] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: SweepSpec, base: pb.TrainEvalPipelineConfig) -> "Feasibility":
        """Return the requirements of a sweep file; SweepError lists those that cannot be read."""
        problems: list[str] = []
        requirements: list[Requirement] = []
        constants: dict[str, Scalar] = {}
        for index, text in enumerate(spec.require):
            try:
                requirement = Requirement.parse(text)
                requirements.append(requirement)
                constants |= _constants(requirement, base, Space.of(spec))
            except (SweepError, ConfigError) as error:
                problems += [f"require[{index}]: {line}" for line in str(error).splitlines()]
        if problems:
            raise SweepError("\n".join(problems))
        return cls(tuple(requirements), constants)

    def allows(self, edits: Sequence[Edit]) -> bool:
        """Return whether a trial with these edits meets all requirements."""
        return not self.violated(edits)

    def violated(self, edits: Sequence[Edit]) -> tuple[Requirement, ...]:
        """Return the requirements that a trial with these edits does not meet."""
        if not self.requirements:
            return ()
        values = {**self.constants, **_values(edits)}
        return tuple(requirement for requirement in self.requirements if not requirement.holds(values))


def check_feasible(feasibility: Feasibility, space: Space, *, seed: int = 0) -> None:
    """Raise SweepError, naming the tightest requirement, where too few random draws of a space are feasible."""
    if not feasibility.requirements:
        return
    draw, allowed = RandomDraw(np.random.default_rng(seed)), 0
    violations = dict.fromkeys(feasibility.requirements, 0)
    for _ in range(DRAWS):
        violated = feasibility.violated(space.suggest(draw))
        allowed += not violated
        for requirement in violated:
            violations[requirement] += 1
    if allowed < LEAST_FEASIBLE * DRAWS:
        tightest = max(violations, key=lambda requirement: violations[requirement])
        met = 1 - violations[tightest] / DRAWS
        raise SweepError(
            f"require: {allowed / DRAWS:.2%} of the space meets all requirements, and at least "
            f"{LEAST_FEASIBLE:.0%} is needed; the tightest is {tightest.text!r}, met by {met:.2%}: "
            "widen it, or narrow the space"
        )


@dataclass(frozen=True)
class RandomDraw:
    """Suggests values at random, each alike; a stand-in for an Optuna trial."""

    generator: np.random.Generator

    def suggest_float(
        self,
        name: str,  # noqa: ARG002 - Optuna's signature
        low: float,
        high: float,
        *,
        step: float | None = None,
        log: bool = False,
    ) -> float:
        """Return a real number in [low, high]."""
        if step is not None:
            return float(low + step * self.generator.integers(round((high - low) / step) + 1))
        if log:
            return float(np.exp(self.generator.uniform(np.log(low), np.log(high))))
        return float(self.generator.uniform(low, high))

    def suggest_int(
        self,
        name: str,  # noqa: ARG002 - Optuna's signature
        low: int,
        high: int,
        *,
        step: int = 1,
        log: bool = False,
    ) -> int:
        """Return a whole number in [low, high]."""
        if log:
            drawn = np.exp(self.generator.uniform(np.log(low - 0.5), np.log(high + 0.5)))
            return int(np.clip(round(drawn), low, high))
        return int(low + step * self.generator.integers((high - low) // step + 1))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:  # noqa: ARG002 - Optuna's signature
        """Return one of the choices."""
        return choices[int(self.generator.integers(len(choices)))]


def _constants(
    requirement: Requirement, base: pb.TrainEvalPipelineConfig, space: Space
) -> Mapping[str, Scalar]:
    """Return the base config's values of the settings that are no parameters of the space.

    SweepError where there is no such setting, or a parameter changes one under another name.
    """
    searched = {*space.fields, *space.augmentations}
    searched |= {f"{name}.{key}" for name, entry in space.augmentations.items() for key in entry.parameters}
    constants: dict[str, Scalar] = {}
    for name in requirement.names - searched:
        value = _setting(base, name, requirement, searched)
        for key, edits in space.endpoints():
            if _after(base, edits, name) not in (value, None):
                raise SweepError(
                    f"{requirement.text!r}: {key} changes {name!r}, which is no parameter of the space; name "
                    "the parameter itself, or add this one to the space"
                )
        if value is not None:
            constants[name] = value
    return constants


def _setting(
    base: pb.TrainEvalPipelineConfig, name: str, requirement: Requirement, searched: Iterable[str]
) -> Scalar | None:
    try:
        return setting_of(base, name)
    except ConfigError:
        near = nearest(name, (*searched, *ALIASES))
        hint = f"; did you mean {near!r}?" if near else ""
        raise SweepError(
            f"{requirement.text!r}: {name!r} is no parameter of the space and no setting of the config{hint}"
        ) from None


def _after(base: pb.TrainEvalPipelineConfig, edits: Sequence[Edit], name: str) -> Scalar | None:
    try:
        return setting_of(apply_edits(base, edits), name)
    except ConfigError:
        return None  # the check of the space reports it


def _values(edits: Sequence[Edit]) -> dict[str, Scalar]:
    """Return the values that edits set, those of augmentations by their names in the sweep file, too."""
    values: dict[str, Scalar] = {}
    for edit in edits:
        name, owned, short = edit.path.partition("train_config.data_augmentation_options[")
        value = edit.value if edit.value is not None else False
        values[edit.path] = value
        if owned and not name:
            values[short.replace("]", "", 1)] = value
    return values
