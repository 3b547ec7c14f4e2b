"""What `winner.json` must hold."""

import copy
from typing import Any

import pytest

from sweepbox.tuning.storage.winner_content import check_content

WINNER: dict[str, Any] = {
    "trial": "0001",
    "metric": "mAP",
    "value": 0.5,
    "evaluation": 2,
    "step": 20,
    "checkpoint": "trials/0001/best",
    "validation": {"value": 0.5, "mean": 0.45, "sd": 0.05},
    "test": None,
    "interval": [0.4, 0.6],
    "seeds": [{"seed": 1, "trial": "0001", "validation": 0.5}],
    "tie_with": [],
    "against_base": {"base": "base config", "validation": None, "test": None},
    "verdict": "validation only",
    "flattery": None,
    "post_processing": None,
    "test_looks": [{"time": 1.0, "searched": 4, "weights": []}],
    "confirmation": None,
    "a key of a later version": 1,
}


def test_winners_of_this_version_and_of_earlier_ones_are_read() -> None:
    check_content(WINNER)
    check_content({"trial": "0001", "metrics": {"mAP": 0.5}})


def without(path: str) -> dict[str, Any]:
    return replaced(path, None, removed=True)


def replaced(path: str, value: object, *, removed: bool = False) -> dict[str, Any]:
    content = copy.deepcopy(WINNER)
    *parents, last = path.split(".")
    place: Any = content
    for name in parents:
        place = place[int(name)] if isinstance(place, list) else place[name]
    if removed:
        del place[last]
    else:
        place[last] = value
    return content


@pytest.mark.parametrize(
    "path", ["trial", "validation", "validation.mean", "seeds.0.trial", "against_base.base"]
)
def test_a_missing_key_is_named(path: str) -> None:
    with pytest.raises(ValueError, match=f"^{path}: Field required"):
        check_content(without(path))


@pytest.mark.parametrize(
    ("path", "value"),
    [("seeds", None), ("interval", [0.1]), ("validation.value", "much"), ("test_looks.0.weights", 3)],
)
def test_a_value_of_another_type_is_named(path: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^{path}"):
        check_content(replaced(path, value))


@pytest.mark.parametrize("content", [None, [], "winner", 3])
def test_another_content_is_refused(content: object) -> None:
    with pytest.raises(ValueError, match="valid dictionary"):
        check_content(content)
