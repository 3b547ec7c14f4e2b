"""Text of others as messages show it: cut where it is long, without characters that act on a terminal."""

import unicodedata
from collections.abc import Iterable

LONGEST_SHOWN = 80
"""The most characters of a token, name or value in a message."""

LONGEST_LINE = 2000
"""The most characters of a line that a command prints."""

SHOWN_PROBLEMS = 10
"""The most problems of a file that one message lists."""

_ACTING = {"Cc", "Cs", "Zl", "Zp"}
"""The categories of control characters, lone surrogates, and separators of lines and paragraphs."""
_DIRECTIONS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the order in which the text after them is shown."""


def acting_characters(text: str) -> str:
    """Return the characters of a text that act on a terminal or end a line."""
    if text.isprintable():
        return ""
    return "".join(
        letter for letter in text if unicodedata.category(letter) in _ACTING or letter in _DIRECTIONS
    )


def printable(text: str, *, keep: str = "") -> str:
    r"""Return a text in which such characters are escaped (`\x1b`), except those in `keep`."""
    acting = set(acting_characters(text)) - set(keep)
    if not acting:
        return text
    return text.translate({ord(letter): ascii(letter)[1:-1] for letter in acting})


def shortened(text: str, longest: int = LONGEST_SHOWN) -> str:
    """Return a text of at most `longest` characters, printable, with its end if the middle is left out."""
    if len(text) <= longest:
        return printable(text)
    end = longest // 4
    return f"{printable(text[: longest - end - 1])}…{printable(text[-end:])}"


def first_of(lines: Iterable[str], shown: int = SHOWN_PROBLEMS) -> list[str]:
    """Return the first lines, and one that counts the others if there are any."""
    every = list(lines)
    more = len(every) - shown
    return every if more <= 0 else [*every[:shown], f"… and {more} more"]
