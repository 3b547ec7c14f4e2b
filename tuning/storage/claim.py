"""Taking a folder for a new sweep: held by one process from the first file to the last."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.storage.folder import SweepFolder

DRAFT = ".sweep.new"
"""Holds the files of a sweep that is being made, and marks a folder in which a killed process began one."""


def check_free(folder: SweepFolder, *, is_held: bool = False) -> None:
    """Raise SweepError where a sweep or anything else is in the folder, or another process makes one there."""
    if folder.exists:
        raise SweepError(
            f"{folder.path}: a sweep is here already; resume it with --resume, or choose another --out"
        )
    if not folder.path.exists():
        return
    if not is_held and folder.path.is_dir() and folder.is_running():
        raise SweepError(f"{folder.path}: another process makes a sweep here; choose another --out")
    if not folder.path.is_dir() or _others(folder):
        raise SweepError(f"{folder.path}: is not empty; choose another --out or empty it")


@contextmanager
def claimed(folder: SweepFolder) -> Iterator[None]:
    """Hold a folder for a new sweep; after an error without a sweep in it, it is as it was.

    Raises:
        SweepError: The folder is taken, or another process holds it.
    """
    is_new = not folder.path.exists()
    with folder.held():
        try:
            check_free(folder, is_held=True)
            _clear(folder)
            yield
        finally:
            if not folder.exists:
                _clear(folder)
                folder.lock.unlink(missing_ok=True)
                if is_new:
                    with suppress(OSError):  # another process has put something there
                        folder.path.rmdir()


@contextmanager
def draft_of(folder: SweepFolder) -> Iterator[SweepFolder]:
    """Yield a folder to fill; its files become those of `folder`, which is held, at the end of the block.

    The sweep file comes last: a folder that has it is complete.
    """
    draft = SweepFolder(folder.path / DRAFT)
    draft.path.mkdir()
    yield draft
    for path in sorted(draft.path.iterdir(), key=lambda path: path == draft.spec):
        path.rename(folder.path / path.name)
    draft.path.rmdir()


def _others(folder: SweepFolder) -> list[str]:
    """Return what is in a folder without a sweep and was not left there by a process that began one."""
    ours = {folder.lock.name, DRAFT}
    if (folder.path / DRAFT).is_dir():
        ours |= {path.name for path in _first_files(folder)}
    return [path.name for path in folder.path.iterdir() if path.name not in ours]


def _clear(folder: SweepFolder) -> None:
    """Remove what a process left that began a sweep and did not complete it."""
    if (folder.path / DRAFT).is_dir():
        for path in _first_files(folder):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        shutil.rmtree(folder.path / DRAFT)


def _first_files(folder: SweepFolder) -> tuple[Path, ...]:
    """Return the files of a new sweep but the sweep file."""
    return (
        folder.base_config,
        folder.label_map,
        folder.metadata,
        folder.start,
        folder.pruned,
        folder.trials,
        folder.data,
    )
