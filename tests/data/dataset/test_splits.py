from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweepbox.detection.core.errors import DataError, UsageError
from sweepbox.detection.data.dataset.splits import choose_validation

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
    chosen = choose_validation(contents, fraction=fraction, seed=seed)
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
    chosen = choose_validation(contents, fraction=0.2, seed=3)
    assert sum(chosen) == 80
    assert sum(side for side, (_, names) in zip(chosen, contents, strict=True) if "rare" in names) == 8


def test_split_depends_on_the_seed_but_not_on_the_order() -> None:
    contents = [(f"key {i}", {"a"}) for i in range(50)]
    first = choose_validation(contents, fraction=0.3, seed=0)
    assert first == choose_validation(contents, fraction=0.3, seed=0)
    assert first == choose_validation(contents[::-1], fraction=0.3, seed=0)[::-1]
    assert first != choose_validation(contents, fraction=0.3, seed=1)


def test_two_images_are_split_one_each() -> None:
    assert sorted(choose_validation([("a", {"x"}), ("b", {"x"})], fraction=0.01, seed=0)) == [False, True]


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, float("nan")])
def test_fraction_out_of_range_is_rejected(fraction: float) -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        choose_validation([("a", set()), ("b", set())], fraction=fraction, seed=0)


def test_single_image_cannot_be_split() -> None:
    with pytest.raises(DataError, match="there are 1 different images"):
        choose_validation([("a", {"x"}), ("a", {"y"})], fraction=0.5, seed=0)
