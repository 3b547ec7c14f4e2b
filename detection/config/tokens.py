"""The tokens of protobuf's text format with their positions, for error messages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sweepbox.detection.core.printable import shortened

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<number>[+-]?\s*(?:\.?\d[\w.]*(?:(?<=[eE])[+-]\d+)?))
    |(?P<text>"(?:[^"\\\n]++|\\.)*+"|'(?:[^'\\\n]++|\\.)*+')
    |(?P<open>["'][^\n]*)
    |(?P<mark>.)""",
    re.VERBOSE,
)

_ESCAPE = re.compile(
    r"""\\(?:[abfnrtv?'"\\]|[0-7]{1,3}|[xX][0-9a-fA-F]{1,2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"""
)


@dataclass(frozen=True)
class Token:
    """One word, number, quoted text or mark; `line` and `column` count from 1.

    Kind `open` is an unterminated string, up to the end of its line; kind `end` comes after the last token.
    """

    kind: str
    text: str
    line: int
    column: int

    @property
    def shown(self) -> str:
        """The token as error messages show it."""
        text = shortened(self.text)
        return text if self.kind in {"text", "end"} else f"'{text}'" if "'" not in text else f'"{text}"'

    @property
    def wrong_escape(self) -> str | None:
        """The first backslash of a quoted text, with the character after it, that begins no escape."""
        rest = _ESCAPE.sub("", self.text) if self.kind == "text" else ""
        position = rest.find("\\")
        return rest[position : position + 2] if position >= 0 else None


def tokens_of(text: str) -> Iterator[Token]:
    """Yield the tokens of `text` without white space and comments; the last one is `end`."""
    line, line_start = 1, 0
    for match in _TOKEN.finditer(text):
        kind, shown = str(match.lastgroup), match.group()
        if kind != "space":
            yield Token(kind, shown, line, match.start() - line_start + 1)
        if "\n" in shown:
            line += shown.count("\n")
            line_start = match.start() + shown.rindex("\n") + 1
    yield Token("end", "the end of the text", line, len(text) - line_start + 1)
