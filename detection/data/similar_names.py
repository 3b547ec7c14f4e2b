"""Finds class names that probably mean the same class: they differ in case, blanks, accents or one letter."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

_SHORTEST = 4
"""Names below this length that differ by one letter, such as `cat` and `car`, are not similar."""
_SEPARATORS = " _-"


class Difference(Enum):
    """How two similar names differ; the values are the words of messages."""

    CASE = "only in the case of letters"
    BLANKS = "only in blanks, hyphens or underscores"
    ACCENTS = "only in accents"
    SPELLING = "only in case, blanks and accents"
    LETTER = "by one letter"


def difference_of(first: str, second: str) -> Difference | None:
    """Return how two different names differ if they are similar; None if they are not."""
    if first == second:
        return None
    if _folded(first) == _folded(second):
        changes = {
            Difference.CASE: str.casefold,
            Difference.BLANKS: _without_separators,
            Difference.ACCENTS: _without_accents,
        }
        for difference, change in changes.items():
            if change(first) == change(second):
                return difference
        return Difference.SPELLING
    return Difference.LETTER if _differ_by_one_letter(_folded(first), _folded(second)) else None


def similar_name(name: str, names: Iterable[str]) -> str | None:
    """Return the first of `names` that is similar to `name`, equally spelt ones first; None without one."""
    found = [(other, difference_of(name, other)) for other in names]
    for wanted in (False, True):
        for other, difference in found:
            if difference is not None and (difference is Difference.LETTER) is wanted:
                return other
    return None


def similar_pairs(counts: Mapping[str, int]) -> Iterator[tuple[str, str, Difference]]:
    """Yield pairs of similar names, the rarer one first.

    Args:
        counts: The number of objects of each class name.
    """
    order = {name: (-count, name) for name, count in counts.items()}
    pairs: set[tuple[str, str]] = set()
    by_key: dict[str, list[str]] = {}
    for name in sorted(counts, key=lambda name: order[name]):
        keys = list(_keys(_folded(name)))
        near = dict.fromkeys(other for key in keys for other in by_key.get(key, ()))
        for other in near:
            difference = difference_of(name, other)
            if difference is not None and (name, other) not in pairs:
                pairs.add((name, other))
                yield name, other, difference
        for key in keys:
            by_key.setdefault(key, []).append(name)


def _keys(folded: str) -> Iterator[str]:
    """Yield keys of which names that differ by at most one letter share one: the name, and it less a letter."""
    yield folded
    if len(folded) >= _SHORTEST - 1:
        for index, character in enumerate(folded):
            if character.isalpha():
                yield folded[:index] + folded[index + 1 :]


def _differ_by_one_letter(first: str, second: str) -> bool:
    """Return whether one letter is replaced, added or removed, or two neighbours change places."""
    if len(first) < len(second):
        first, second = second, first
    if len(first) < _SHORTEST or len(first) - len(second) > 1:
        return False
    start = next(
        (at for at, pair in enumerate(zip(first, second, strict=False)) if len(set(pair)) > 1), len(second)
    )
    if len(first) > len(second):
        return first[start].isalpha() and first[start + 1 :] == second[start:]
    if not (first[start].isalpha() and second[start].isalpha()):
        return False
    if first[start + 1 :] == second[start + 1 :]:
        return True
    exchanged = second[start + 1 : start + 2] + second[start : start + 1]
    return first[start : start + 2] == exchanged and first[start + 2 :] == second[start + 2 :]


def _folded(name: str) -> str:
    return _without_separators(_without_accents(name).casefold())


def _without_separators(name: str) -> str:
    return "".join(character for character in name if character not in _SEPARATORS and not character.isspace())


def _without_accents(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(character for character in decomposed if not unicodedata.combining(character))
