"""The search space: parameters by config path, suggested by a sampler, turned into edits of the config."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sweepbox.detection.config.edits import Edit
from sweepbox.tuning.search.conditions import in_order, is_active
from sweepbox.tuning.search.distributions import TrialLike, between, ends, inner_values, is_fixed, suggest_value
from sweepbox.tuning.spec.schema import Augmentation, Distribution, Scalar, SweepSpec

AUGMENTATION_PATH = "train_config.data_augmentation_options[{name}]"
Values = dict[str, Scalar]


@dataclass(frozen=True)
class Parameter:
    """A parameter that a sampler suggests: its name, its values, and whether every trial has it."""

    name: str
    distribution: Distribution
    always: bool


@dataclass(frozen=True)
class Space:
    """The parameters of a sweep.

    Those of an augmentation are suggested only where it is on, conditional ones where their conditions hold.
    """

    fields: dict[str, Distribution]
    augmentations: dict[str, Augmentation]

    @classmethod
    def of(cls, spec: SweepSpec) -> "Space":
        """Return the space of a sweep file."""
        return cls(fields=dict(spec.space), augmentations=dict(spec.augmentations))

    def suggest(self, trial: TrialLike) -> tuple[Edit, ...]:
        """Return the edits that make a trial's config, with the values that `trial` suggests."""
        values: Values = {}
        edits = _suggest_fields(trial, self._first, values)
        for name, augmentation in self.augmentations.items():
            made = _suggest_augmentation(trial, name, augmentation)
            values[name] = len(made) > 0 and made[0].value is True
            edits += made
        edits += _suggest_fields(trial, self._after_augmentations, values)
        return tuple(edits)

    @cached_property
    def _first(self) -> dict[str, Distribution]:
        """The fields that depend on no augmentation, each after its parents."""
        return in_order(self.fields, ())[0]

    @cached_property
    def _after_augmentations(self) -> dict[str, Distribution]:
        others = {path: entry for path, entry in self.fields.items() if path not in self._first}
        return in_order(others, (*self._first, *self.augmentations))[0]

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters with more than one value, in the order in which they are suggested."""
        return tuple(item for item in self._declared() if not is_fixed(item.distribution))

    def _declared(self) -> Iterator[Parameter]:
        for path, entry in self._first.items():
            yield Parameter(path, entry, always=not entry.when)
        for name, augmentation in self.augmentations.items():
            switch = list(dict.fromkeys(augmentation.enabled))
            yield Parameter(name, Distribution(choice=list(switch)), always=True)
            for field, entry in augmentation.parameters.items() if True in switch else ():
                yield Parameter(f"{name}.{field}", entry, always=False not in switch)
        for path, entry in self._after_augmentations.items():
            yield Parameter(path, entry, always=not entry.when)

    def endpoints(self) -> Iterator[tuple[str, tuple[Edit, ...]]]:
        """Yield each endpoint of each range and each choice: its key in the sweep file, and its edits."""
        for name in self.augmentations:
            yield f"augmentations.{name}", _switch(name, on=True)
        for item in self.ranges():
            for value in item.ends:
                yield item.key, item.edits(value)

    def ranges(self) -> Iterator["KeyedRange"]:
        """Yield each parameter with its key in the sweep file, and where it exists."""
        for path, entry in self.fields.items():
            scaled_ends = self._scaled_ends(entry)
            yield KeyedRange(f"space.{path}", path, entry, scaled_ends, before=self._conditions(entry))
        for name, augmentation in self.augmentations.items():
            path = AUGMENTATION_PATH.format(name=name)
            for field, entry in augmentation.parameters.items():
                key = f"augmentations.{name}.{field}"
                yield KeyedRange(key, f"{path}.{field}", entry, ends(entry), before=_switch(name, on=True))

    def _conditions(self, entry: Distribution) -> tuple[Edit, ...]:
        """Return the edits that make a conditional parameter exist."""
        edits: list[Edit] = []
        for key, accepted in entry.conditions.items():
            if key in self.augmentations:
                edits += _switch(key, on=accepted[0] is True)
            else:
                edits += (*self._conditions(self.fields[key]), Edit(key, accepted[0]))
        return tuple(edits)

    def _scaled_ends(self, entry: Distribution) -> Sequence[Scalar]:
        if not entry.scale_with:
            return ends(entry)
        [(parent, reference)] = entry.scale_with.items()
        factors = [_number(value) / reference for value in ends(self.fields[parent])]
        values = [_number(value) for value in ends(entry)]
        return min(values) * min(factors), max(values) * max(factors)


@dataclass(frozen=True)
class KeyedRange:
    """The values of one parameter.

    Attributes:
        key: The parameter's key in the sweep file.
        path: The field that it sets.
        distribution: The values that are suggested.
        ends: The ends of the values that are set, or all choices.
        before: The edits that the field needs.
    """

    key: str
    path: str
    distribution: Distribution
    ends: Sequence[Scalar]
    before: tuple[Edit, ...] = ()

    def edits(self, value: Scalar) -> tuple[Edit, ...]:
        """Return the edits that give the parameter a value."""
        return (*self.before, Edit(self.path, value))

    @property
    def inner_values(self) -> Sequence[Scalar]:
        """Some values between the ends, none of them whole where real numbers are set."""
        if self.distribution.choice is not None:
            return ()
        low, high = (_number(end) for end in self.ends)
        if self.distribution.scale_with:
            return [value for value in between(low, high) if value != int(value)]
        return inner_values(self.distribution)


def _suggest_fields(trial: TrialLike, fields: Mapping[str, Distribution], values: Values) -> list[Edit]:
    """Return the edits of the fields that exist, and add their values."""
    for path, entry in fields.items():
        if is_active(entry, values):
            values[path] = _scaled(suggest_value(trial, path, entry), entry, values)
    return [Edit(path, values[path]) for path in fields if path in values]


def _scaled(value: Scalar, entry: Distribution, values: Mapping[str, Scalar]) -> Scalar:
    for parent, reference in (entry.scale_with or {}).items():
        return _number(value) * _number(values[parent]) / reference
    return value


def _number(value: Scalar) -> float:
    if isinstance(value, str):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _suggest_augmentation(trial: TrialLike, name: str, augmentation: Augmentation) -> Sequence[Edit]:
    choices = augmentation.enabled
    enabled = choices[0] if len(choices) == 1 else trial.suggest_categorical(name, choices)
    if not enabled:
        return _switch(name, on=False)
    path = AUGMENTATION_PATH.format(name=name)
    settings = [
        Edit(f"{path}.{field}", suggest_value(trial, f"{name}.{field}", distribution))
        for field, distribution in augmentation.parameters.items()
    ]
    return (*_switch(name, on=True), *settings)


def _switch(name: str, *, on: bool) -> tuple[Edit, ...]:
    return (Edit(AUGMENTATION_PATH.format(name=name), True if on else None),)
