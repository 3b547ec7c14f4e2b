"""Error messages for a text that does not parse: every mistake with line, column, field and nearest valid name.

Protobuf's own parser decides whether a text is valid, but stops at the first mistake. For a text that it
rejects, this module reads the text along the schema and reports all mistakes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from sweepbox.detection.config.fields import (
    INTEGER_RANGES,
    enum_names,
    field_names,
    is_float,
    is_message,
    is_repeated,
    kind_in_words,
    message_type,
    nearest,
    suggestion,
)
from sweepbox.detection.config.tokens import Token, tokens_of
from sweepbox.detection.core.printable import LONGEST_SHOWN, SHOWN_PROBLEMS, shortened

UNDESCRIBED = {
    "FasterRcnn": "Sweepbox trains SSD models (model.ssd)",
    "CenterNet": "Sweepbox trains SSD models (model.ssd)",
    "ExperimentalModel": "Sweepbox trains SSD models (model.ssd)",
    "MaskRCNNBoxPredictor": "use weight_shared_convolutional_box_predictor",
    "RfcnBoxPredictor": "use weight_shared_convolutional_box_predictor",
}
"""Message types that the schema has by name only, with what to use instead."""

BACKSLASH_REMEDY = "/ or \\\\ instead"
"""What to write in quotes instead of a backslash."""

DEEPEST = 100
"""The most blocks in each other in a part that is skipped."""

MOST_DIGITS = 22
"""The digits of the largest integer of any field, in octal."""

CURLY_QUOTES = tuple("\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb")

_CLOSING = {"{": "}", "<": ">", "[": "]"}


@dataclass(frozen=True)
class Mistake:
    """One mistake in a text; `line` and `column` count from 1."""

    line: int
    column: int
    message: str


def mistakes_in(text: str, schema: Descriptor) -> list[Mistake]:
    """Return the first `SHOWN_PROBLEMS` mistakes in `text` as text format of the type `schema`, in order.

    The list may be empty if protobuf rejects the text for a reason that is not checked here.
    """
    walk = _Walk(text)
    walk.body(schema, path="", opened=None)
    return walk.mistakes


class _Walk:
    """One pass over the tokens of a text that collects mistakes and continues after each."""

    def __init__(self, text: str) -> None:
        self.mistakes: list[Mistake] = []
        self._tokens: Iterator[Token] = tokens_of(text)
        self._next = next(self._tokens)

    def body(self, schema: Descriptor, *, path: str, opened: Token | None) -> None:
        """Read the fields of a message up to the mark that closes `opened`, or to the end."""
        closing = _CLOSING[opened.text] if opened else ""
        seen: dict[str, str] = {}
        while self._next.kind != "end" and self._next.text != closing:
            self._field(schema, path, seen)
        if self._next.kind == "end" and opened:
            where = path.rstrip(".") or "the text"
            self._report(opened, f"the block of {where} is opened here and never closed; add {closing!r}")
        elif opened:
            self._take()

    def _field(self, schema: Descriptor, path: str, seen: dict[str, str]) -> None:
        """Read one field with its value and the separator after it."""
        name = self._take()
        if name.text == "[":
            extension = self._skip_rest_of("[")
            where = path.rstrip(".") or "the config"
            self._report(name, f"{where}: the extension [{extension}] is not known; remove it with its block")
            self._value(None, path)
        elif name.kind != "word":
            expected = f"a field of {schema.name}" if schema.fields else "the end of the block"
            self._report(name, f"expected {expected}, found {name.shown}{_quotes_hint(name)}")
        else:
            field = self._known_field(schema, name, path)
            if field is not None:
                self._check_repetition(field, name, path, seen)
            self._value(field, path + shortened(name.text), name)
        if self._next.text in {",", ";"}:
            self._take()

    def _known_field(self, schema: Descriptor, name: Token, path: str) -> FieldDescriptor | None:
        """Return the field of that name; if there is none, report it with the nearest name."""
        field = schema.fields_by_name.get(name.text)
        if field is None and schema.name not in UNDESCRIBED:
            hint, shown = suggestion(name.text, field_names(schema)), shortened(name.text)
            self._report(name, f"{path}{shown}: {schema.name} has no field {shown!r}; {hint}")
        return field

    def _check_repetition(self, field: FieldDescriptor, name: Token, path: str, seen: dict[str, str]) -> None:
        """Report a second value for a field that takes one, and a second choice of a oneof."""
        choice = field.containing_oneof.name if field.containing_oneof else field.name
        before = seen.get(choice)
        if before == field.name and not is_repeated(field):
            self._report(name, f"{path}{name.text} is set twice; keep one of them")
        elif before is not None and before != field.name:
            self._report(name, f"{path}{name.text} contradicts {path}{before}; only one of them can be set")
        seen[choice] = field.name

    def _value(self, field: FieldDescriptor | None, path: str, name: Token | None = None) -> None:
        """Read the value after a field's name: a block, a list or a scalar."""
        colon = self._next.text == ":"
        if colon:
            self._take()
        if self._next.text in {"{", "<"}:
            self._block(field, path)
        elif self._next.text == "[":
            self._list(field, path)
        elif not colon and name is not None:
            missing = "'{'" if field is not None and is_message(field) else "':'"
            self._report(self._next, f"{path}: expected {missing}, found {self._next.shown}")
            if self._next.kind not in {"word", "mark", "end"}:
                self._take()
        else:
            self._scalar(field, path)

    def _block(self, field: FieldDescriptor | None, path: str) -> None:
        """Read a message in braces."""
        opening = self._take()
        if field is None:
            self._skip_rest_of(opening.text)
        elif not is_message(field):
            self._report(opening, f"{path} takes {kind_in_words(field)}, not a block")
            self._skip_rest_of(opening.text)
        elif message_type(field).name in UNDESCRIBED:
            self._report(opening, f"not supported: {path}; {UNDESCRIBED[message_type(field).name]}")
            self._skip_rest_of(opening.text)
        else:
            self.body(message_type(field), path=path + ".", opened=opening)

    def _list(self, field: FieldDescriptor | None, path: str) -> None:
        """Read values in brackets."""
        opening = self._take()
        if field is None or not is_repeated(field):
            if field is not None:
                self._report(opening, f"{path} takes one value, not a list")
            self._skip_rest_of("[")
            return
        while self._next.kind != "end" and self._next.text != "]":
            if self._next.text in {"{", "<"}:
                self._block(field, path)
            else:
                self._scalar(field, path)
            if self._next.text == ",":
                self._take()
        self._take()

    def _scalar(self, field: FieldDescriptor | None, path: str) -> None:
        """Read one scalar and report it if the field does not accept it."""
        value = self._take()
        self._check_escapes(value, path)
        while value.kind == "text" and self._next.kind == "text":
            self._check_escapes(self._take(), path)
        if value.kind == "mark" and value.text == "-" and self._next.kind == "word":
            self._take()  # -inf, -nan
        elif value.kind == "open":
            self._report(value, f"{path}: the quotes opened here are not closed on this line")
        elif field is not None and not _takes(field, value):
            hint = _enum_hint(field, value) + _quotes_hint(value)
            self._report(value, f"{path} takes {kind_in_words(field)}, found {value.shown}{hint}")

    def _check_escapes(self, value: Token, path: str) -> None:
        """Report a backslash in quotes that begins no escape, as in a path of Windows."""
        wrong = value.wrong_escape
        if wrong is not None:
            self._report(value, f"{path}: {value.shown} has a backslash ({wrong}); write {BACKSLASH_REMEDY}")

    def _skip_rest_of(self, opening: str) -> str:
        """Skip all up to the mark that closes `opening`, including nested blocks; return what is skipped."""
        skipped = ""
        closing = [_CLOSING[opening]]
        while closing and self._next.kind != "end":
            token = self._take()
            if token.text in _CLOSING:
                closing.append(_CLOSING[token.text])
                if len(closing) > DEEPEST:
                    self._report(token, f"more than {DEEPEST} blocks are opened in each other here")
                    self._end_reading(token)
            elif token.text == closing[-1]:
                closing.pop()
            if closing and len(skipped) <= LONGEST_SHOWN:
                skipped += token.text
        return shortened(skipped)

    def _take(self) -> Token:
        """Return the next token and advance, except past the end."""
        token = self._next
        self._next = next(self._tokens, token)
        return token

    def _report(self, token: Token, message: str) -> None:
        """Add a mistake; after the last one that is shown, the rest of the text is not read."""
        if len(self.mistakes) < SHOWN_PROBLEMS:
            self.mistakes.append(Mistake(token.line, token.column, message))
        if len(self.mistakes) == SHOWN_PROBLEMS:
            self._end_reading(token)

    def _end_reading(self, token: Token) -> None:
        self._tokens = iter(())
        self._next = Token("end", "the end of the text", token.line, token.column)


def _quotes_hint(token: Token) -> str:
    """Return what to write instead of curly quotes, as the end of a sentence."""
    return "; write straight quotes" if token.text in CURLY_QUOTES else ""


def _takes(field: FieldDescriptor, value: Token) -> bool:
    """Return whether a scalar field accepts a token as its value."""
    if is_message(field):
        return False
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return value.text in enum_names(field) or value.kind == "number"
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return value.text in {"true", "True", "t", "false", "False", "f", "0", "1"}
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return value.kind == "text"
    if is_float(field):
        return value.kind == "number" or value.text.lower() in {"inf", "infinity", "nan"}
    return value.kind == "number" and _is_integer(value.text, INTEGER_RANGES[field.cpp_type])


def _is_integer(text: str, bounds: tuple[int, int]) -> bool:
    """Return whether `text` is a decimal, octal or hexadecimal integer within `bounds`."""
    try:
        return bounds[0] <= int(text.replace(" ", ""), 0) <= bounds[1]
    except ValueError:
        return text.isdigit() and len(text) <= MOST_DIGITS  # octal with a leading zero, as in C


def _enum_hint(field: FieldDescriptor, value: Token) -> str:
    """Return the nearest name of an enum value, as the end of a sentence."""
    close = nearest(value.text, enum_names(field)) if enum_names(field) else None
    return f"; did you mean {close}?" if close else ""
