"""Splits a data set into a training and a validation part."""

from collections import Counter
from collections.abc import Iterable, Sequence

from sweepbox.detection.core.errors import DataError, UsageError
from sweepbox.detection.core.seeds import generator


def choose_validation(
    contents: Sequence[tuple[str, Iterable[str]]], *, fraction: float, seed: int
) -> tuple[bool, ...]:
    """Return for each image whether it is in the validation part.

    The classes are split from the rarest (by images) to the most frequent, each by `fraction` of its images,
    but with at least one image in each part if the class has two; so even the rarest class is in both parts
    whenever possible. Images without objects come last. The choice depends on the seed and the keys only, not
    on the order of the images.

    Args:
        contents: For each image a key of its bytes and the names of its classes. Images with equal keys are in
            the same part.
        fraction: The fraction of the validation part.
        seed: The seed of the choice.

    Raises:
        UsageError: `fraction` is not between 0 and 1.
        DataError: There are fewer than two different images.
    """
    if not 0 < fraction < 1:
        raise UsageError(f"the validation fraction is {fraction:g}; choose one between 0 and 1, such as 0.15")
    classes_of: dict[str, set[str]] = {}
    for key, names in contents:
        classes_of.setdefault(key, set()).update(names)
    if len(classes_of) < 2:
        raise DataError(
            f"there are {len(classes_of)} different images; at least 2 are needed, one for each part"
        )
    in_validation = _divide(classes_of, fraction, seed)
    return tuple(in_validation[key] for key, _ in contents)


def _divide(classes_of: dict[str, set[str]], fraction: float, seed: int) -> dict[str, bool]:
    """Return for each key whether it is in the validation part."""
    keys = sorted(classes_of)
    order = [keys[index] for index in generator(seed, "validation split").permutation(len(keys))]
    frequency = Counter(name for names in classes_of.values() for name in names)
    chosen: dict[str, bool] = {}
    for name in sorted(frequency, key=lambda name: (frequency[name], name)):
        _divide_group([key for key in order if name in classes_of[key]], chosen, fraction)
    _divide_group([key for key in order if not classes_of[key]], chosen, fraction)
    return chosen


def _divide_group(members: Sequence[str], chosen: dict[str, bool], fraction: float) -> None:
    """Choose among the undecided members of a group so that the whole group has its fraction."""
    wanted = round(fraction * len(members))
    if len(members) >= 2:
        wanted = min(max(wanted, 1), len(members) - 1)
    free = [key for key in members if key not in chosen]
    missing = max(0, wanted - sum(chosen.get(key, False) for key in members))
    chosen.update({key: index < missing for index, key in enumerate(free)})
