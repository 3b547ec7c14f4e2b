"""Selects between two values for each image, for nested structures of tensors."""

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from keras import ops

Tensor = Any
Value = TypeVar("Value")


def select(condition: Tensor, first: Value, second: Value) -> Value:
    """Return for each image `first` where `condition` bool `[batch]` is true, else `second`.

    The values are tensors `[batch, ...]`, or dataclasses and tuples of them of one structure; values that are
    not tensors (a number, None) must be the same in both.
    """
    if is_dataclass(first) and not isinstance(first, type):
        parts = {
            field.name: select(condition, getattr(first, field.name), getattr(second, field.name))
            for field in fields(first)
        }
        return replace(first, **parts)
    if isinstance(first, tuple):
        return tuple(map(lambda *pair: select(condition, *pair), first, second))  # type: ignore
    if first is None or isinstance(first, int | float | str):
        if first != second:
            raise ValueError(f"{first!r} and {second!r} differ between the two; only tensors may")
        return first
    rank = len(first.shape)  # type: ignore[attr-defined]
    return ops.where(ops.reshape(condition, (-1, *[1] * (rank - 1))), first, second)  # type: ignore[no-any-return]
