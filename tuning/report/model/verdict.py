"""The winner of a sweep in the model of its report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ClassModel:
    """A class with the AP of the shown winner and of the base config; None where one was not measured."""

    name: str
    ap: float | None
    ap50: float | None
    base_ap: float | None
    base_ap50: float | None


@dataclass(frozen=True)
class ConstraintModel:
    """A constraint, the winner's value, and whether it is met."""

    constraint: str
    value: float | None
    met: bool


@dataclass(frozen=True)
class AgainstBaseModel:
    """The winner against the base config.

    Attributes:
        trial: The trial, or the name, of the base config.
        value: Its value of the first goal; None where only the difference is known.
        difference: By how much the winner is better: positive whether the goal is maximised or minimised.
        interval: The 90 % interval of the difference; None where it was not computed.
        part: The part of the data, `validation` or `test`.
    """

    trial: str
    value: float | None
    difference: float
    interval: tuple[float, float] | None
    part: str


@dataclass(frozen=True)
class CommandModel:
    """A command to run next, and what it does."""

    label: str
    command: str


@dataclass(frozen=True)
class VerdictModel:
    """The winner, or while the sweep runs the best trial so far, and what it is worth.

    Attributes:
        trial: The trial whose weights are exported.
        evaluation: Its best evaluation.
        step: The training step of that evaluation.
        metric: The first goal.
        value: The value of the first goal on the validation part.
        interval: Its 90 % interval; None where it was not computed.
        mean: The mean over seeds, of a winner that was confirmed; with folds that of its cross-validations.
        sd: The standard deviation over seeds.
        folds: The number of folds of the cross-validations that `mean`, `sd` and `interval` are of, else None.
        test: The figures of the test part as in `winner.json`.
        is_confirmed: Whether it was trained with several seeds, see docs/winner.md.
        text: What the figures say, in sentences.
        against_base: The comparison with the base config; None where it was not evaluated or is the winner.
        is_base: Whether the winner is the base config itself.
        changes: What its config changes: `{path, before, after}`.
        classes: AP by class.
        constraints: The constraints of the objective.
    """

    trial: str
    evaluation: int
    step: int
    metric: str
    value: float
    interval: tuple[float, float] | None
    mean: float | None
    sd: float | None
    folds: int | None
    test: Mapping[str, Any] | None
    is_confirmed: bool
    text: tuple[str, ...]
    against_base: AgainstBaseModel | None
    is_base: bool
    changes: tuple[Mapping[str, Any], ...]
    classes: tuple[ClassModel, ...]
    constraints: tuple[ConstraintModel, ...]
