"""One change between two configs; reading it loads no protobuf."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """One field that differs between two configs; None if it is not set.

    The path and a value make an edit. A message without fields is True. A removed message is its text in
    braces; for an added message each of its fields is a change. A list is its text in brackets.
    """

    path: str
    before: bool | int | float | str | None
    after: bool | int | float | str | None
