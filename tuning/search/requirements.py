"""Requirements between parameters: comparisons such as `warmup_steps <= 0.2 * num_steps`.

A text is parsed by Python's parser, and only what is listed here is accepted and computed: numbers, texts, true
and false, names of settings, `+ - * /`, comparisons, `and`, `or`, `not` and parentheses. Nothing is executed.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.schema import Scalar

LONGEST = 500
"""The most characters of a requirement."""

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_CONSTANTS = {"true": True, "false": False}
Values = Mapping[str, Scalar]


@dataclass(frozen=True)
class Requirement:
    """A condition on the settings of a trial.

    Attributes:
        text: The condition as it stands in the sweep file.
        names: The settings that it names: keys of the space, or settings of the base config.
    """

    text: str
    names: frozenset[str]
    _tree: ast.expr

    @classmethod
    def parse(cls, text: str) -> "Requirement":
        """Return the requirement that a text states; SweepError says what in it is not accepted."""
        if len(text) > LONGEST:
            raise SweepError(f"{text[:40]}…: has {len(text)} characters; at most {LONGEST} are accepted")
        try:
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            reason = error.msg if isinstance(error, SyntaxError) else type(error).__name__
            raise SweepError(f"{text!r}: is no condition ({reason}); {_FORM}") from None
        if not isinstance(tree, ast.Compare | ast.BoolOp | ast.UnaryOp):
            raise SweepError(f"{text!r}: compares nothing; {_FORM}")
        names: set[str] = set()
        _check(tree, text, names)
        if not names:
            raise SweepError(f"{text!r}: names no setting; {_FORM}")
        return cls(text, frozenset(names), tree)

    def holds(self, values: Values) -> bool:
        """Return whether the settings meet the requirement.

        A requirement that names a setting without a value (a conditional parameter that is absent) holds. One
        that cannot be computed, such as a division by zero or `1 < "adam_optimizer"`, does not.
        """
        if not self.names <= values.keys():
            return True
        try:
            return bool(_value(self._tree, values))
        except (TypeError, ZeroDivisionError, OverflowError):
            return False


_FORM = "write a comparison, for instance 'warmup_steps <= 0.2 * num_steps'"


def _check(node: ast.expr, text: str, names: set[str]) -> None:
    """Add the names in a tree; SweepError where it has a part that is not accepted."""
    name = _name_of(node)
    if name is not None:
        if name not in _CONSTANTS:
            names.add(name)
        return
    for part in _parts(node, text):
        _check(part, text, names)


def _parts(node: ast.expr, text: str) -> list[ast.expr]:
    """Return the operands of an accepted operation; SweepError for any other."""
    match node:
        case ast.Constant(value=bool() | int() | float() | str()):
            return []
        case ast.BoolOp(values=values):
            return values
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.UAdd(), operand=operand):
            return [operand]
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _ARITHMETIC:
            return [left, right]
        case ast.Compare(left=left, ops=operations, comparators=right) if all(
            type(operation) in _COMPARISONS for operation in operations
        ):
            return [left, *right]
    raise SweepError(
        f"{text!r}: {ast.unparse(node)!r} is not accepted; use numbers, settings, + - * /, comparisons, "
        "and, or, not"
    )


def _name_of(node: ast.expr) -> str | None:
    """Return the name of a setting: a name, a dotted path, or one with elements in brackets; None otherwise."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=owner, attr=field) if (path := _name_of(owner)) is not None:
            return f"{path}.{field}"
        case ast.Subscript(value=owner, slice=ast.Name() | ast.Constant(value=int()) as element) if (
            path := _name_of(owner)
        ) is not None:
            return f"{path}[{ast.unparse(element)}]"
    return None


def _value(node: ast.expr, values: Values) -> Any:
    """Return the value of an accepted tree."""
    name = _name_of(node)
    if name is not None:
        return _CONSTANTS[name] if name in _CONSTANTS else values[name]
    match node:
        case ast.Constant(value=value):
            return value
        case ast.BoolOp(op=operation, values=parts):
            combine = all if isinstance(operation, ast.And) else any
            return combine(_value(part, values) for part in parts)
        case ast.UnaryOp(op=operation, operand=operand):
            return _unary(operation, _value(operand, values))
        case ast.BinOp(left=left, op=operation, right=right):
            return _ARITHMETIC[type(operation)](_value(left, values), _value(right, values))
        case ast.Compare():
            return _compared(node, values)
    raise TypeError(f"{ast.dump(node)} was not checked")


def _unary(operation: ast.unaryop, value: Any) -> Any:
    if isinstance(operation, ast.Not):
        return not value
    return -value if isinstance(operation, ast.USub) else value


def _compared(node: ast.Compare, values: Values) -> bool:
    operands = [_value(part, values) for part in (node.left, *node.comparators)]
    pairs = zip(node.ops, operands, operands[1:], strict=False)
    return all(_COMPARISONS[type(operation)](left, right) for operation, left, right in pairs)
