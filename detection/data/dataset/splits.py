"""Splits a data set into a training, a validation and a test part."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sweepbox.detection.core.errors import DataError, UsageError
from sweepbox.detection.core.seeds import generator

TRAIN, VALIDATION, TEST = "train", "validation", "test"


def choose_parts(
    contents: Sequence[tuple[str, Iterable[str]]],
    *,
    validation_fraction: float,
    test_fraction: float = 0.0,
    seed: int,
) -> tuple[str, ...]:
    """Return the part of each image: `train`, `validation` or `test`.

    The classes are split from the rarest (by images) to the most frequent, each by the fractions of its images,
    but with at least one image in each part if the class has enough: so even the rarest class is in all parts
    whenever possible. One of two images is in the training and one in the validation part; a single one is in
    neither the test part nor, below a half, the validation part. Images without objects come last. The choice
    depends on the seed and the keys only, not on the order of the images; the validation part does not depend
    on the test fraction.

    Args:
        contents: For each image a key of its bytes and the names of its classes. Images with equal keys are in
            the same part.
        validation_fraction: The fraction of the validation part, between 0 and 1.
        test_fraction: The fraction of the test part; 0 for no test part.
        seed: The seed of the choice.

    Raises:
        UsageError: A fraction is out of range, or nothing is left for training.
        DataError: There are fewer different images than parts.
    """
    check_fractions(validation_fraction, test_fraction)
    classes_of: dict[str, set[str]] = {}
    for key, names in contents:
        classes_of.setdefault(key, set()).update(names)
    _check_number(len(classes_of), has_test=test_fraction > 0)
    in_validation = _divide(classes_of, validation_fraction, seed, "validation split")
    part_of = {key: VALIDATION if chosen else TRAIN for key, chosen in in_validation.items()}
    if test_fraction > 0:
        rest = {key: names for key, names in classes_of.items() if part_of[key] == TRAIN}
        in_test = _divide(rest, test_fraction / (1 - validation_fraction), seed, "test split", keep_last=True)
        part_of |= {key: TEST for key, chosen in in_test.items() if chosen}
    return tuple(part_of[key] for key, _ in contents)


def check_fractions(validation_fraction: float, test_fraction: float) -> None:
    """Raise UsageError where a fraction is out of range or nothing is left for training."""
    if not 0 < validation_fraction < 1:
        raise UsageError(
            f"the validation fraction is {validation_fraction:g}; choose one between 0 and 1, such as 0.15"
        )
    if not 0 <= test_fraction < 1:
        raise UsageError(
            f"the test fraction is {test_fraction:g}; choose one from 0 to below 1, such as 0.15, or 0 for no "
            "test part"
        )
    if validation_fraction + test_fraction >= 1:
        raise UsageError(
            f"the validation fraction {validation_fraction:g} and the test fraction {test_fraction:g} leave "
            "nothing for training; choose fractions whose sum is below 1"
        )


def _check_number(count: int, *, has_test: bool) -> None:
    needed = 3 if has_test else 2
    if count < needed:
        remedy = "; --test-fraction 0 makes two parts" if has_test and count == 2 else ""
        noun = "image" if count == 1 else "images"
        raise DataError(
            f"there are {count} different {noun}; at least {needed} are needed, one for each part{remedy}"
        )


def _divide(
    classes_of: Mapping[str, set[str]], fraction: float, seed: int, purpose: str, *, keep_last: bool = False
) -> dict[str, bool]:
    """Return for each key whether it is chosen; with `keep_last` never the last image of a class."""
    keys = sorted(classes_of)
    order = [keys[index] for index in generator(seed, purpose).permutation(len(keys))]
    frequency = Counter(name for names in classes_of.values() for name in names)
    chosen: dict[str, bool] = {}
    for name in sorted(frequency, key=lambda name: (frequency[name], name)):
        members = [key for key in order if name in classes_of[key]]
        _divide_group(members, chosen, fraction, keep_last=keep_last)
    _divide_group([key for key in order if not classes_of[key]], chosen, fraction, keep_last=keep_last)
    return chosen


def _divide_group(members: Sequence[str], chosen: dict[str, bool], fraction: float, *, keep_last: bool) -> None:
    """Choose among the undecided members of a group so that the whole group has its fraction."""
    wanted = round(fraction * len(members))
    if len(members) >= 2:
        wanted = min(max(wanted, 1), len(members) - 1)
    elif keep_last:
        wanted = 0
    free = [key for key in members if key not in chosen]
    missing = max(0, wanted - sum(chosen.get(key, False) for key in members))
    chosen.update({key: index < missing for index, key in enumerate(free)})
