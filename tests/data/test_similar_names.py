"""Class names that probably mean one class."""

import time

import pytest

from sweepbox.detection.data.similar_names import Difference, difference_of, similar_name, similar_pairs


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("cat", "Cat", Difference.CASE),
        ("CAT", "cat", Difference.CASE),
        ("Straße", "STRASSE", Difference.CASE),
        ("traffic light", "traffic_light", Difference.BLANKS),
        ("traffic light", "trafficlight", Difference.BLANKS),
        ("traffic  light", "traffic light", Difference.BLANKS),
        ("t-shirt", "tshirt", Difference.BLANKS),
        ("dog", "dog\u00a0", Difference.BLANKS),
        ("café", "cafe", Difference.ACCENTS),
        ("caf\u00e9", "cafe\u0301", Difference.ACCENTS),
        ("Traffic Light", "traffic_light", Difference.SPELLING),
        ("Café", "cafe", Difference.SPELLING),
        ("helmet", "helmt", Difference.LETTER),
        ("helmet", "helmets", Difference.LETTER),
        ("helmet", "hemlet", Difference.LETTER),
        ("helmet", "halmet", Difference.LETTER),
        ("cats", "cat", Difference.LETTER),
        ("Helmet", "helmets", Difference.LETTER),
        ("cat", "cat", None),
        ("cat", "car", None),
        ("cat", "dog", None),
        ("with_mask", "without_mask", None),
        ("class1", "class2", None),
        ("class12", "class21", None),
        ("person", "person2", None),
        ("helmet", "hlemte", None),
        ("", "a", None),
    ],
)
def test_how_names_differ(first: str, second: str, expected: Difference | None) -> None:
    assert difference_of(first, second) is expected
    assert difference_of(second, first) is expected
    found = {frozenset(pair[:2]): pair[2] for pair in similar_pairs({first: 5, second: 2})}
    assert found == ({} if expected is None else {frozenset((first, second)): expected})


def test_the_rarer_name_comes_first_and_the_nearest_is_found() -> None:
    assert list(similar_pairs({"Cat": 2, "cat": 6, "dog": 1})) == [("Cat", "cat", Difference.CASE)]
    assert similar_name("Cats", ["bird", "cat", "cats"]) == "cats"
    assert similar_name("horse", ["bird", "cat"]) is None


def test_many_names_take_linear_time() -> None:
    names = {f"a class of a long list with the number {index}": 1 for index in range(20_000)}
    start = time.process_time()
    assert list(similar_pairs(names)) == []
    assert time.process_time() - start < 20
