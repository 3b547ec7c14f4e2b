"""Reading a sweep on a store from anywhere, and asking it for something."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sweepbox.detection.core.errors import StorageError, SweepError
from sweepbox.detection.core.files import StrPath, write_json
from sweepbox.detection.core.remote.location import Location
from sweepbox.detection.core.remote.uri import is_uri
from sweepbox.tuning.storage.remote.control import send_requests
from sweepbox.tuning.storage.remote.layout import LEASE, SWEEP
from sweepbox.tuning.storage.remote.lease import MISSED_BEATS, read_lease
from sweepbox.tuning.storage.remote.mirror import Mirror
from sweepbox.tuning.storage.remote.place import RUNNING, Place, Role, make_place, place_of

CLOCKS_S = 60.0
"""By how much the clock of this machine may differ from the store's, for telling whether a sweep runs."""
FOLLOW_S = 5.0


def local_sweep(named: StrPath) -> Path:
    """Return the folder of a sweep on this machine: the path itself, or a fresh mirror of a URI.

    Checkpoints are fetched only when they are needed. Other commands that read the same sweep share the mirror.

    Raises:
        SweepError: There is no sweep at the URI, or an object is damaged.
        StorageError: The store cannot be reached.
        UsageError: The URI is malformed.
    """
    text = str(named)
    if not is_uri(text):
        return Path(named)
    place = make_place(Location(text), Role.READER)
    refresh(place)
    return place.folder


def refresh(place: Place) -> None:
    """Bring a reader's mirror up to date."""
    mirror = Mirror(place)
    with mirror.locked():
        versions = mirror.fetch()
        if SWEEP not in versions:
            raise SweepError(
                f"{place.location}: no sweep here; give the URI that was the --out of `sweepbox sweep`"
            )
        write_json(place.root / RUNNING, {"running": _is_running(mirror)})


def _fetch_events(place: Place) -> None:
    """Fetch what TensorBoard shows."""
    mirror = Mirror(place)
    with mirror.locked():
        for trial in mirror.folder.trial_folders():
            if trial.tensorboard.is_dir():
                mirror.materialise(trial.tensorboard)


def _is_running(mirror: Mirror) -> bool:
    """Return whether a driver lives, as far as the time of its last beat tells.

    This is shown and nothing depends on it: who takes a sweep over compares no clocks.
    """
    lease = read_lease(mirror.store)
    if lease is None or lease.is_released:
        return False
    beat = mirror.store.location.join(LEASE).modified()
    return beat is None or time.time() - beat < MISSED_BEATS * lease.interval_s + CLOCKS_S


def pass_requests_on(folder: Path) -> None:
    """Write the requests in a reader's folder to the store; nothing for a sweep in its folder alone."""
    place = place_of(folder)
    if place is not None:
        mirror = Mirror(place)
        send_requests(mirror.store, mirror.folder)


@contextmanager
def followed(folders: Sequence[Path]) -> Iterator[None]:
    """Keep the readers' mirrors among some folders up to date in the block."""
    places = [place for folder in folders if (place := place_of(folder))]
    over = threading.Event()

    def follow() -> None:
        while not over.wait(FOLLOW_S):
            for place in places:
                try:
                    refresh(place)
                    _fetch_events(place)
                except (StorageError, SweepError, OSError):
                    continue  # it is tried again

    if not places:
        yield
        return
    thread = threading.Thread(target=follow, name="follow-sweeps", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
