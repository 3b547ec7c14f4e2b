"""A sweep that is made for a short rehearsal, and removed."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sweepbox.detection.core.errors import StorageError
from sweepbox.detection.core.remote.location import Location
from sweepbox.tuning.storage.claim import check_free
from sweepbox.tuning.storage.dataset import Progress
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.sweep.begin import begun_sweep, check_free_store
from sweepbox.tuning.sweep.create import SweepRequest, new_sweep


@contextmanager
def rehearsed_sweep(
    request: SweepRequest, *, on_progress: Progress | None, notify: Callable[[str], None]
) -> Iterator[SweepFolder]:
    """Make the sweep that is asked for in a hidden folder beside its own, and remove it after the block.

    The folder is on the same file system or store, which the machines of a cluster can access. Raises what
    `new_sweep` raises, also where the sweep's own folder is taken.
    """
    if request.uri is not None:
        with _rehearsed_on_store(request, request.uri, on_progress=on_progress, notify=notify) as made:
            yield made
        return
    wanted = request.folder(request.load())
    check_free(wanted)
    with TemporaryDirectory(prefix=".sweepbox-dry-run-", dir=_existing(wanted.path.parent)) as folder:
        temporary = replace(request, out=Path(folder) / "sweep")
        with new_sweep(temporary, on_progress=on_progress, notify=notify) as made:
            yield made


@contextmanager
def _rehearsed_on_store(
    request: SweepRequest, uri: str, *, on_progress: Progress | None, notify: Callable[[str], None]
) -> Iterator[SweepFolder]:
    check_free_store(uri)
    temporary = Location(uri).join(f".dry-run-{secrets.token_hex(4)}")
    try:
        with begun_sweep(
            replace(request, out=temporary.uri), resume=False, on_progress=on_progress, notify=notify
        ) as made:
            yield made
        shutil.rmtree(made.path.parents[1], ignore_errors=True)
    finally:
        with suppress(StorageError):
            temporary.delete_below()


def _existing(folder: Path) -> Path:
    """Return a folder, or the nearest one above that is there."""
    folder = folder.resolve()
    return next(path for path in (folder, *folder.parents) if path.is_dir())
