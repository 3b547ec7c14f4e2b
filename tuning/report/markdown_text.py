"""Any text in Markdown, shown as it is."""

import re
from collections.abc import Iterable, Sequence

from sweepbox.detection.core.printable import printable

_MARKUP = re.compile(r"[\\`*\[\]<>|~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
"""Characters that act in a line of text; an underscore within a word does not."""


def plain(text: str) -> str:
    """Return Markdown that shows a text: on one line, with a backslash before each character that acts."""
    return printable(_MARKUP.sub(r"\\\g<0>", " ".join(text.split("\n"))))


def code(text: str) -> str:
    """Return a text as code in a cell of a table."""
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{printable(text)}{space}{fence}".replace("|", "\\|")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; its cells are Markdown."""
    body = [f"| {' | '.join(row)} |" for row in rows]
    return [f"| {' | '.join(header)} |", "|" + " --- |" * len(header), *body]
