"""Finds the files of a glob pattern, in folders whose own names may have the characters of patterns."""

import glob
import os
from pathlib import Path


def matching_files(pattern: str | Path, *, recursive: bool = False) -> list[Path]:
    """Return the files that match a glob pattern, sorted.

    The first parts of the pattern that exist as they are written are a path: in `pics [1]/*.jpg` the folder
    `pics [1]` is read if there is one.

    Args:
        pattern: The pattern.
        recursive: Whether `**` matches folders of any depth.
    """
    found = glob.glob(_with_literal_start(Path(pattern)), recursive=recursive)  # noqa: PTH207 - absolute patterns
    return sorted(path for path in map(Path, found) if path.is_file())


def _with_literal_start(pattern: Path) -> str:
    """Return the pattern with the characters of its existing first parts escaped."""
    parts = pattern.parts
    existing = 0
    while existing < len(parts) and os.path.lexists(Path(*parts[: existing + 1])):
        existing += 1
    return str(Path(glob.escape(str(Path(*parts[:existing]))), *parts[existing:]))
