"""Tables of rows whose columns may have values of several types, as Parquet."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweepbox.detection.core.files import atomic_path

if TYPE_CHECKING:
    import pyarrow


def table_of(rows: Sequence[Mapping[str, Any]]) -> "pyarrow.Table":
    """Return a table with a column for each name that occurs in the rows; absent values are null.

    Columns of numbers are floats where any is one; columns of several other types are text.
    """
    import pyarrow

    names = list(dict.fromkeys(name for row in rows for name in row)) or ["trial"]
    return pyarrow.table({name: _column([row.get(name) for row in rows]) for name in names})


def write_table(table: "pyarrow.Table", path: Path) -> None:
    """Write a table as Parquet, atomically."""
    from pyarrow import parquet

    with atomic_path(path, makes_folder=False) as draft:
        parquet.write_table(table, draft)


def _column(values: list[Any]) -> "list[Any] | pyarrow.Array":
    """Return values of one type: as they are, numbers as floats, a mixture as text; floats where all miss."""
    kinds = {type(value) for value in values if value is not None}
    if values and not kinds:
        import pyarrow

        return pyarrow.nulls(len(values), pyarrow.float64())
    if len(kinds) <= 1:
        return values
    if kinds == {int, float}:
        return [None if value is None else float(value) for value in values]
    return [None if value is None else str(value) for value in values]
