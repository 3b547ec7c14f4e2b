"""The order of conditional parameters: each after those that it depends on."""

from collections.abc import Iterable, Mapping, Sequence

from sweepbox.detection.config.fields import nearest
from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.schema import Augmentation, Distribution, Scalar


def is_active(distribution: Distribution, values: Mapping[str, Scalar]) -> bool:
    """Return whether a parameter exists beside these values of those suggested before it."""
    conditions = distribution.conditions.items()
    return all(key in values and _is_in(values[key], accepted) for key, accepted in conditions)


def in_order(
    fields: Mapping[str, Distribution], known: Iterable[str]
) -> tuple[dict[str, Distribution], dict[str, Distribution]]:
    """Return the fields that depend on `known` and each other alone, each after its parents; and the others."""
    before, ordered, left = set(known), dict[str, Distribution](), dict(fields)
    while ready := [key for key, entry in left.items() if before.issuperset(entry.parents)]:
        for key in ready:
            ordered[key] = left.pop(key)
        before |= set(ready)
    return ordered, left


def check_conditions(fields: Mapping[str, Distribution], augmentations: Mapping[str, Augmentation]) -> None:
    """Raise SweepError that lists each `when` or `scale_with` that names no suitable parameter."""
    problems = [line for key, entry in fields.items() for line in _problems(key, entry, fields, augmentations)]
    if not problems:
        _, left = in_order(fields, augmentations)
        problems = [
            f"space.{key}: depends on itself through {', '.join(entry.parents)}; remove one of the conditions"
            for key, entry in left.items()
        ]
    if problems:
        raise SweepError("\n".join(problems))


def _problems(
    key: str,
    entry: Distribution,
    fields: Mapping[str, Distribution],
    augmentations: Mapping[str, Augmentation],
) -> Iterable[str]:
    for parent, accepted in entry.conditions.items():
        yield from _condition_problems(f"space.{key}.when.{parent}", parent, accepted, fields, augmentations)
    for parent in entry.scale_with or ():
        where = f"space.{key}.scale_with.{parent}"
        if parent not in fields:
            yield f"{where}: is no parameter of the space{_hint(parent, fields)}; add it, or remove scale_with"
        elif fields[parent].when or not _all_numbers(fields[parent]):
            yield f"{where}: must be a number that every trial has"


def _condition_problems(
    where: str,
    parent: str,
    accepted: Sequence[Scalar],
    fields: Mapping[str, Distribution],
    augmentations: Mapping[str, Augmentation],
) -> Iterable[str]:
    if parent in augmentations:
        choices: Sequence[Scalar] = augmentations[parent].enabled
    elif parent not in fields:
        names = (*fields, *augmentations)
        yield f"{where}: is no parameter of the space and no augmentation{_hint(parent, names)}"
        return
    elif fields[parent].choice is None:
        yield f"{where}: is a range; a condition needs a `choice`"
        return
    else:
        choices = fields[parent].choice or ()
    for value in accepted:
        if not _is_in(value, choices):
            yield f"{where}: {value!r} is not one of its choices {', '.join(repr(item) for item in choices)}"


def _is_in(value: Scalar, choices: Iterable[Scalar]) -> bool:
    """Return whether a value is among the choices; true is not 1."""
    return any(value == item and isinstance(value, bool) == isinstance(item, bool) for item in choices)


def _all_numbers(distribution: Distribution) -> bool:
    return all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in distribution.choice or ()
    )


def _hint(name: str, names: Iterable[str]) -> str:
    near = nearest(name, tuple(names))
    return f"; did you mean {near!r}?" if near else ""
