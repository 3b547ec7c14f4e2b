"""Folders that exports are written to."""

from collections.abc import Iterable
from pathlib import Path

from sweepbox.detection.core.errors import UsageError


def check_folder(out: Path, parts: Iterable[str], *, overwrite: bool) -> None:
    """Raise UsageError where an export of some parts to `out` would destroy something else."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: is a file; name a folder")
    inside = sorted(path.name for path in out.iterdir()) if out.is_dir() else []
    foreign = [name for name in inside if name not in tuple(parts)]
    if foreign:
        raise UsageError(f"{out}: holds {foreign[0]!r}, which is no part of an export; name another folder")
    if inside and not overwrite:
        raise UsageError(
            f"{out}: is not empty; name another folder or replace the export there with --overwrite"
        )
