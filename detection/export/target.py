"""Folders that exports are written to."""

from collections.abc import Iterable
from pathlib import Path

from sweepbox.detection.core.errors import UsageError


def check_folder(out: Path, parts: Iterable[str], *, overwrite: bool) -> None:
    """Check that an export can be written to a folder.

    Args:
        out: The folder.
        parts: The names of the files and folders of the export.
        overwrite: Allow an older export in the folder.

    Raises:
        UsageError: `out` is a file, is not empty, or with `overwrite` has something else than an export.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: is a file; name a folder")
    inside = sorted(path.name for path in out.iterdir()) if out.is_dir() else []
    foreign = [name for name in inside if name not in tuple(parts)]
    if foreign:
        raise UsageError(f"{out}: has {foreign[0]!r}, which is not part of an export; name another folder")
    if inside and not overwrite:
        raise UsageError(
            f"{out}: is not empty; name another folder or replace the export there with --overwrite"
        )
