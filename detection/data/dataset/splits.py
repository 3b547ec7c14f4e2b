"""Splits a data set into a training, a validation and a test part, or into folds for cross-validation."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

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
    classes_of = _classes_by_key(contents)
    _check_number(len(classes_of), has_test=test_fraction > 0)
    in_validation = _divide(classes_of, validation_fraction, seed, "validation split")
    part_of = {key: VALIDATION if chosen else TRAIN for key, chosen in in_validation.items()}
    if test_fraction > 0:
        rest = {key: names for key, names in classes_of.items() if part_of[key] == TRAIN}
        in_test = _divide(rest, test_fraction / (1 - validation_fraction), seed, "test split", keep_last=True)
        part_of |= {key: TEST for key, chosen in in_test.items() if chosen}
    return tuple(part_of[key] for key, _ in contents)


def choose_folds(contents: Sequence[tuple[str, Iterable[str]]], *, folds: int, seed: int) -> tuple[int, ...]:
    """Return the fold of each image, from 0.

    The images are dealt out class by class, from the rarest (by images) to the most frequent, and last those
    without objects: each goes to the fold that has the fewest images of its class, then the fewest images. So
    the images of the rarest class, and where possible of every class, are in all folds in equal numbers, give
    or take one. The choice depends on the seed and the keys only, not on the order of the images.

    Args:
        contents: For each image a key of its bytes and the names of its classes. Images with equal keys are in
            the same fold, and count as one.
        folds: The number of folds, at least 2.
        seed: The seed of the choice.

    Raises:
        UsageError: There are fewer than 2 folds, or more than different images of the rarest class.
    """
    classes_of = _classes_by_key(contents)
    _check_folds(classes_of, folds)
    fold_of: dict[str, int] = {}
    by_class: dict[str, list[int]] = {name: [0] * folds for names in classes_of.values() for name in names}
    images = [0] * folds
    for name, members in _by_rarity(classes_of, seed, "folds"):
        of_class = images if name is None else by_class[name]
        for key in members:
            if key in fold_of:
                continue
            chosen = min(range(folds), key=lambda fold: (of_class[fold], images[fold]))
            fold_of[key] = chosen
            images[chosen] += 1
            for found in classes_of[key]:
                by_class[found][chosen] += 1
    return tuple(fold_of[key] for key, _ in contents)


def _check_folds(classes_of: Mapping[str, set[str]], folds: int) -> None:
    if folds < 2:
        raise UsageError(f"the number of folds is {folds}; at least 2 are needed, one to be left out")
    frequency = Counter(name for names in classes_of.values() for name in names)
    rarest = min(frequency, key=lambda name: (frequency[name], name), default=None)
    if rarest is None:
        raise UsageError("the images have no object, so there is nothing to validate on; annotate some")
    most = frequency[rarest]
    if folds > most:
        remedy = f"choose at most {most} folds, or " if most >= 2 else ""
        raise UsageError(
            f"{folds} folds cannot each have an image of the rarest class: {rarest!r} is in "
            f"{most} different {'image' if most == 1 else 'images'}; {remedy}annotate more images of it"
        )


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


def _classes_by_key(contents: Iterable[tuple[str, Iterable[str]]]) -> dict[str, set[str]]:
    """Return the classes of each different image; those of images with equal keys are taken together."""
    classes_of: dict[str, set[str]] = {}
    for key, names in contents:
        classes_of.setdefault(key, set()).update(names)
    return classes_of


def _by_rarity(
    classes_of: Mapping[str, set[str]], seed: int, purpose: str
) -> Iterator[tuple[str | None, list[str]]]:
    """Yield each class, the rarest first, with its images in an order drawn at random; last None and the rest.

    An image is in the list of each of its classes; the rest are those without objects.
    """
    keys = sorted(classes_of)
    order = [keys[index] for index in generator(seed, purpose).permutation(len(keys))]
    frequency = Counter(name for names in classes_of.values() for name in names)
    for name in sorted(frequency, key=lambda name: (frequency[name], name)):
        yield name, [key for key in order if name in classes_of[key]]
    yield None, [key for key in order if not classes_of[key]]


def _divide(
    classes_of: Mapping[str, set[str]], fraction: float, seed: int, purpose: str, *, keep_last: bool = False
) -> dict[str, bool]:
    """Return for each key whether it is chosen; with `keep_last` never the last image of a class."""
    chosen: dict[str, bool] = {}
    for _, members in _by_rarity(classes_of, seed, purpose):
        _divide_group(members, chosen, fraction, keep_last=keep_last)
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
