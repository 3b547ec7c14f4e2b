"""Mirrors of sweeps on stores are removed, unless a process uses them."""

import os
import time
from pathlib import Path

import pytest
from filelock import FileLock

from sweepbox.detection.core.remote.location import Location
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.remote.freeing import UNUSED_S, free_mirrors
from sweepbox.tuning.storage.remote.place import Place, Role, make_place


def mirror(uri: str, role: Role, *, epoch: int | None = None) -> Place:
    place = make_place(Location(uri), role, epoch=epoch)
    (place.folder / "trials").mkdir(parents=True)
    (place.folder / "trials" / "weights").write_bytes(bytes(1000))
    return place


def age(root: Path, seconds: float) -> None:
    then = time.time() - seconds
    for path in (root, *root.rglob("*")):
        os.utime(path, (then, then))


def test_nothing_is_freed_where_nothing_is() -> None:
    assert free_mirrors() == 0


@pytest.mark.parametrize("role", [Role.READER, Role.DRIVER])
def test_a_mirror_that_no_process_uses_is_removed(uri: str, role: Role) -> None:
    place = mirror(uri, role)
    assert free_mirrors() >= 1000
    assert not place.root.exists()


def test_the_mirror_of_a_running_driver_stays(uri: str) -> None:
    place = mirror(uri, Role.DRIVER)
    with SweepFolder(place.folder).held():
        assert free_mirrors() == 0
    assert (place.folder / "trials" / "weights").is_file()


def test_a_mirror_into_which_files_are_fetched_stays(uri: str) -> None:
    place = mirror(uri, Role.READER)
    with FileLock(place.lock):
        assert free_mirrors() == 0
    assert (place.folder / "trials" / "weights").is_file()


def test_what_a_worker_has_written_lately_stays(uri: str) -> None:
    old, new = (mirror(uri, Role.TRIALS, epoch=epoch) for epoch in (1, 2))
    age(old.root, 2 * UNUSED_S)
    assert free_mirrors() >= 1000
    assert not old.root.exists()
    assert (new.folder / "trials" / "weights").is_file()
