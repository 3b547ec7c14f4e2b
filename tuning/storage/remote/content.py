"""Content of a mirror that is fetched when it is needed, and files that trials of all nodes share.

Each function does nothing for a sweep that is in a folder alone.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sweepbox.detection.core.errors import MissingObjectError, SweepboxError
from sweepbox.tuning.storage.remote.mirror import Mirror
from sweepbox.tuning.storage.remote.place import place_around

UPLOAD_S = 120.0

logger = logging.getLogger(__name__)


def have_content(path: Path) -> None:
    """Fetch a checkpoint folder or a file of a mirror, where only its name is there.

    Raises:
        StorageError: The store cannot be reached, or has it no longer.
        SweepError: It is damaged on the store.
    """
    place = place_around(path)
    if place is not None:
        Mirror(place).materialise(path)


def had_content(path: Path, *, wait_s: float = UPLOAD_S, sleep: Callable[[float], object] = time.sleep) -> bool:
    """Do the same, and return whether it succeeded; why not is logged.

    Objects that are missing are waited for: a worker may still be uploading what it has reported.
    """
    end = time.monotonic() + wait_s
    while True:
        try:
            have_content(path)
        except MissingObjectError as error:
            if time.monotonic() > end:
                logger.warning("%s", error)
                return False
        except SweepboxError as error:
            logger.warning("%s", error)
            return False
        else:
            return True
        sleep(0.3)


@contextmanager
def shared_file(path: Path, part: str) -> Iterator[None]:
    """Fetch a file before the block, which makes it where it is missing; publish it after the block.

    Where several nodes make one at a time, all continue with the one that the store holds in the end.
    """
    place = place_around(path)
    if place is None:
        yield
        return
    mirror = Mirror(place)
    mirror.fetch([part])
    was_there = path.is_file()
    yield
    if not was_there and path.is_file():
        epoch = max(mirror.store.epochs(), default=1)
        snapshot = mirror.snapshot(part, epoch=epoch)
        try:
            mirror.store.publish(snapshot.manifest, snapshot.sources, before=None, check=lambda: None)
            mirror.fetch([part])
        finally:
            snapshot.drop()
