from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepbox.detection.core.errors import DataError, UsageError
from sweepbox.detection.data.dataset.splits import TEST, TRAIN, VALIDATION, choose_folds, choose_parts


def choose(contents: list, fraction: float, seed: int) -> tuple[bool, ...]:
    """Return for each picture whether it is in the validation part of two parts."""
    parts = choose_parts(contents, validation_fraction=fraction, seed=seed)
    assert set(parts) <= {TRAIN, VALIDATION}
    return tuple(part == VALIDATION for part in parts)


pictures = st.lists(
    st.tuples(st.integers(0, 40).map(str), st.sets(st.sampled_from("abc"), max_size=3)), min_size=2, max_size=60
).filter(lambda found: len({key for key, _ in found}) >= 2)


def classes_by_key(contents: list) -> dict[str, set[str]]:
    merged: dict[str, set[str]] = {}
    for key, names in contents:
        merged.setdefault(key, set()).update(names)
    return merged


@given(pictures, st.floats(0.05, 0.9), st.integers(0, 5))
def test_duplicates_stay_together_and_the_rarest_class_is_in_both_splits(
    contents: list, fraction: float, seed: int
) -> None:
    chosen = choose(contents, fraction, seed)
    sides: dict[str, set[bool]] = {}
    for (key, _), side in zip(contents, chosen, strict=True):
        sides.setdefault(key, set()).add(side)
    assert all(len(found) == 1 for found in sides.values())
    merged = classes_by_key(contents)
    counts = Counter(name for names in merged.values() for name in names)
    rarest = min(counts, key=lambda name: (counts[name], name), default=None)
    if rarest is not None and counts[rarest] >= 2:
        assert {side for key, names in merged.items() if rarest in names for side in sides[key]} == {
            True,
            False,
        }


def test_every_class_is_split_proportionally() -> None:
    contents = [(f"{i}", {"common"} | ({"rare"} if i % 10 == 0 else set())) for i in range(400)]
    chosen = choose(contents, 0.2, 3)
    assert sum(chosen) == 80
    assert sum(side for side, (_, names) in zip(chosen, contents, strict=True) if "rare" in names) == 8


def test_split_depends_on_the_seed_but_not_on_the_order() -> None:
    contents = [(f"key {i}", {"a"}) for i in range(50)]
    first = choose(contents, 0.3, 0)
    assert first == choose(contents, 0.3, 0)
    assert first == choose(contents[::-1], 0.3, 0)[::-1]
    assert first != choose(contents, 0.3, 1)


def test_two_images_are_split_one_each() -> None:
    assert sorted(choose([("a", {"x"}), ("b", {"x"})], 0.01, 0)) == [False, True]


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, float("nan")])
def test_fraction_out_of_range_is_rejected(fraction: float) -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        choose([("a", set()), ("b", set())], fraction, 0)


def test_single_image_cannot_be_split() -> None:
    with pytest.raises(DataError, match="there are 1 different image; at least 2"):
        choose([("a", {"x"}), ("a", {"y"})], 0.5, 0)


@given(pictures, st.floats(0.05, 0.6), st.floats(0.05, 0.35), st.integers(0, 5))
def test_a_test_part_leaves_validation_as_it_is_and_shares_the_rarest_class(
    contents: list, validation: float, test: float, seed: int
) -> None:
    merged = classes_by_key(contents)
    if len(merged) < 3:
        return
    two = choose_parts(contents, validation_fraction=validation, seed=seed)
    three = choose_parts(contents, validation_fraction=validation, test_fraction=test, seed=seed)
    assert [part == VALIDATION for part in two] == [part == VALIDATION for part in three]
    part_of: dict[str, set[str]] = {}
    for (key, _), part in zip(contents, three, strict=True):
        part_of.setdefault(key, set()).add(part)
    assert all(len(parts) == 1 for parts in part_of.values())
    counts = Counter(name for names in merged.values() for name in names)
    rarest = min(counts, key=lambda name: (counts[name], name), default=None)
    if rarest is None:
        return
    found = {part for key, names in merged.items() if rarest in names for part in part_of[key]}
    in_train = sum(part_of[key] != {VALIDATION} for key, names in merged.items() if rarest in names)
    assert counts[rarest] < 2 or {TRAIN, VALIDATION} <= found
    assert TEST in found or in_train < 2


def test_every_class_has_its_share_of_three_parts() -> None:
    contents = [(f"{i}", {"common"} | ({"rare"} if i % 10 == 0 else set())) for i in range(400)]
    parts = choose_parts(contents, validation_fraction=0.2, test_fraction=0.1, seed=3)
    assert Counter(parts) == {TRAIN: 280, VALIDATION: 80, TEST: 40}
    rare = Counter(part for part, (_, names) in zip(parts, contents, strict=True) if "rare" in names)
    assert rare == {TRAIN: 28, VALIDATION: 8, TEST: 4}


@pytest.mark.parametrize("order", [1, -1])
def test_three_images_are_one_in_each_part(order: int) -> None:
    contents = [(name, {"x"}) for name in "abc"][::order]
    parts = choose_parts(contents, validation_fraction=0.01, test_fraction=0.01, seed=0)
    assert sorted(parts) == sorted((TRAIN, VALIDATION, TEST))


def test_a_class_of_two_images_is_not_in_the_test_part() -> None:
    contents = [("a", {"rare"}), ("b", {"rare"}), *((f"{i}", {"common"}) for i in range(20))]
    for seed in range(8):
        parts = choose_parts(contents, validation_fraction=0.15, test_fraction=0.6, seed=seed)
        assert sorted(parts[:2]) == sorted((TRAIN, VALIDATION))


@pytest.mark.parametrize(
    ("validation", "test", "message"),
    [
        (0.5, 0.5, "leave nothing for training"),
        (0.2, -0.1, "the test fraction is -0.1"),
        (0.2, 1.0, "the test fraction is 1"),
        (0.2, float("nan"), "the test fraction is nan"),
    ],
)
def test_a_test_fraction_out_of_range_is_rejected(validation: float, test: float, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        choose_parts(
            [(name, set()) for name in "abcd"], validation_fraction=validation, test_fraction=test, seed=0
        )


def test_two_images_cannot_make_three_parts() -> None:
    with pytest.raises(DataError, match=r"there are 2 different images; at least 3 .* --test-fraction 0"):
        choose_parts([("a", {"x"}), ("b", {"x"})], validation_fraction=0.2, test_fraction=0.2, seed=0)


def rarest_of(contents: list) -> tuple[str, int]:
    counts = Counter(name for names in classes_by_key(contents).values() for name in names)
    return min(counts.items(), key=lambda item: (item[1], item[0]))


with_objects = pictures.filter(lambda contents: any(names for _, names in contents))


@given(with_objects, st.integers(2, 6), st.integers(0, 5))
def test_folds_share_the_rarest_class_equally_and_keep_duplicates_together(
    contents: list, folds: int, seed: int
) -> None:
    rarest, images = rarest_of(contents)
    if images < folds:
        with pytest.raises(UsageError, match=f"{rarest!r} is in {images} different image"):
            choose_folds(contents, folds=folds, seed=seed)
        return
    chosen = choose_folds(contents, folds=folds, seed=seed)
    fold_of = {key: fold for (key, _), fold in zip(contents, chosen, strict=True)}
    assert tuple(fold_of[key] for key, _ in contents) == chosen
    assert set(chosen) == set(range(folds))
    merged = classes_by_key(contents)
    by_fold = Counter(fold_of[key] for key, names in merged.items() if rarest in names)
    assert max(by_fold.values()) - min(by_fold[fold] for fold in range(folds)) <= 1


def test_folds_share_every_class_and_the_images_without_objects() -> None:
    contents = [(f"{i}", {"common"} | ({"rare"} if i % 10 == 0 else set())) for i in range(400)]
    contents += [(f"empty {i}", set()) for i in range(10)]
    chosen = choose_folds(contents, folds=5, seed=3)
    assert set(Counter(chosen).values()) == {82}
    assert set(
        Counter(fold for fold, (_, names) in zip(chosen, contents, strict=True) if "rare" in names).values()
    ) == {8}


def test_folds_depend_on_the_seed_but_not_on_the_order() -> None:
    contents = [(f"key {i}", {"a"}) for i in range(50)]
    first = choose_folds(contents, folds=5, seed=0)
    assert first == choose_folds(contents[::-1], folds=5, seed=0)[::-1]
    assert first != choose_folds(contents, folds=5, seed=1)


@pytest.mark.parametrize(
    ("contents", "folds", "message"),
    [
        ([("a", {"x"}), ("b", {"x"})], 1, "number of folds is 1; at least 2"),
        ([("a", {"x"}), ("b", {"x"})], 3, "choose at most 2 folds, or annotate more"),
        ([("a", {"x"}), ("a", {"x"}), ("b", set())], 2, "in 1 different image; annotate more"),
        ([("a", set()), ("b", set())], 2, "no object"),
    ],
)
def test_folds_that_cannot_be_made_are_refused(contents: list, folds: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        choose_folds(contents, folds=folds, seed=0)
