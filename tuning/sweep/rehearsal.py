"""A sweep that is made for a short rehearsal, and removed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sweepbox.tuning.storage.claim import check_free
from sweepbox.tuning.storage.dataset import Progress
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.sweep.create import SweepRequest, new_sweep


@contextmanager
def rehearsed_sweep(
    request: SweepRequest, *, on_progress: Progress | None, notify: Callable[[str], None]
) -> Iterator[SweepFolder]:
    """Make the sweep that is asked for in a hidden folder beside its own, and remove it after the block.

    The folder is on the same file system, which the machines of a cluster can access. Raises what `new_sweep`
    raises, also where the sweep's own folder is taken.
    """
    wanted = request.folder(request.load())
    check_free(wanted)
    with TemporaryDirectory(prefix=".sweepbox-dry-run-", dir=_existing(wanted.path.parent)) as folder:
        temporary = replace(request, out=Path(folder) / "sweep")
        with new_sweep(temporary, on_progress=on_progress, notify=notify) as made:
            yield made


def _existing(folder: Path) -> Path:
    """Return a folder, or the nearest one above that is there."""
    folder = folder.resolve()
    return next(path for path in (folder, *folder.parents) if path.is_dir())
