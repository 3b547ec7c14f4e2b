"""Requests as objects below `control/`: to stop a sweep or a trial, and to try a point."""

import re
from collections.abc import Iterator
from pathlib import Path

from sweepbox.detection.core.errors import MissingObjectError
from sweepbox.detection.core.files import write_bytes
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.remote.layout import CONTROL, RECORD_BYTES
from sweepbox.tuning.storage.remote.store import SweepStore

_NAME = re.compile(r"stop|requests/[0-9]+-[0-9a-f]+\.json|trials/(?:[0-9]{4}|[1-9][0-9]{4,})/stop", re.ASCII)
_EPOCH = re.compile(r"epochs/(\d{6})\.json", re.ASCII)


class ControlPoll:
    """What one look at `control/` has found.

    Attributes:
        epoch: The highest epoch.
        names: The requests, by the paths of their files in the sweep's folder.
    """

    def __init__(self, store: SweepStore) -> None:
        """Look; StorageError where the store cannot be reached."""
        names = [item.name for item in store.location.join(CONTROL).list()]
        self.epoch = max((int(match[1]) for name in names if (match := _EPOCH.fullmatch(name))), default=0)
        self.names = frozenset(name for name in names if _NAME.fullmatch(name))


class DriverRequests:
    """Keeps the requests in the driver's folder and those on the store the same."""

    def __init__(self, store: SweepStore, folder: SweepFolder) -> None:
        self._store = store
        self._folder = folder
        self._known: frozenset[str] = frozenset()

    def begin(self) -> None:
        """Take back a request to stop that an earlier driver was given, and forget local requests."""
        self._store.location.join(CONTROL, "stop").delete()
        for name in _local(self._folder):
            (self._folder.path / name).unlink(missing_ok=True)

    def exchange(self, poll: ControlPoll) -> None:
        """Fetch new requests, pass on those that were made here, and delete those that were taken here."""
        here = frozenset(_local(self._folder))
        for name in poll.names - here:
            if name in self._known:
                self._store.location.join(CONTROL, name).delete()
            else:
                _fetch(self._store, name, self._folder)
        for name in here - poll.names:
            send_request(self._store, self._folder, name)
        self._known = frozenset(_local(self._folder)) | (poll.names & here)


def obey(poll: ControlPoll, folder: SweepFolder, trial_id: str | None, *, epoch: int) -> None:
    """Make the requests to stop in a worker's folder those of the store; a higher epoch stops it, too."""
    is_superseded = poll.epoch > epoch
    _make(folder.stop_request, wanted="stop" in poll.names or is_superseded)
    if trial_id is not None:
        name = folder.trial(trial_id).stop_request.relative_to(folder.path).as_posix()
        is_there = folder.trial(trial_id).path.is_dir()
        _make(folder.path / name, wanted=name in poll.names and is_there and not is_superseded)


def send_request(store: SweepStore, folder: SweepFolder, name: str) -> None:
    """Write a request of a folder to the store; one that has been taken meanwhile is left out."""
    try:
        content = (folder.path / name).read_bytes()
    except FileNotFoundError:
        return
    store.location.join(CONTROL, name).write_bytes(content)


def send_requests(store: SweepStore, folder: SweepFolder) -> None:
    """Write the requests of a reader's folder to the store, and remove them from the folder."""
    for name in _local(folder):
        send_request(store, folder, name)
        (folder.path / name).unlink(missing_ok=True)


def _fetch(store: SweepStore, name: str, folder: SweepFolder) -> None:
    target = folder.path / name
    if name.startswith("trials/") and not target.parent.is_dir():
        return
    try:
        write_bytes(target, store.location.join(CONTROL, name).read_bytes(at_most=RECORD_BYTES))
    except MissingObjectError:
        return


def _make(path: Path, *, wanted: bool) -> None:
    if wanted and not path.exists():
        write_bytes(path, b"requested on the store\n")
    elif not wanted:
        path.unlink(missing_ok=True)


def _local(folder: SweepFolder) -> Iterator[str]:
    """Yield the requests that are in a folder."""
    found = [folder.stop_request, *folder.requests.glob("*.json"), *folder.trials.glob("*/stop")]
    names = [path.relative_to(folder.path).as_posix() for path in found if path.is_file()]
    yield from (name for name in names if _NAME.fullmatch(name))
