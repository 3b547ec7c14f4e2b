"""Keeps a sweep's store up to date with the folder of its driver."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from sweepbox.detection.core.errors import StorageError, SweepboxError
from sweepbox.detection.core.remote.location import Location
from sweepbox.detection.core.remote.retries import Retry
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.remote.control import ControlPoll, DriverRequests
from sweepbox.tuning.storage.remote.layout import DETECTOR, PRECISION, SWEEP, trial_part
from sweepbox.tuning.storage.remote.lease import DriverLease
from sweepbox.tuning.storage.remote.manifest import Version, parse_manifest
from sweepbox.tuning.storage.remote.mirror import Mirror, changed_files
from sweepbox.tuning.storage.remote.node import NodeOrder
from sweepbox.tuning.storage.remote.place import Role, make_place
from sweepbox.tuning.storage.remote.publisher import Publisher
from sweepbox.tuning.storage.remote.snapshot import files_of_part
from sweepbox.tuning.storage.remote.store import Epoch, SupersededError

logger = logging.getLogger(__name__)

Notify = Callable[[str], None]

LOOP_S = 2.0
END_S = 300.0
"""How long a sweep that ends waits until all is on the store."""
PRUNE_S = 120.0
"""How long the version before a trial's end is kept, for those who are reading it."""
TURN = 1000
"""Each worker of a trial numbers its versions from the next multiple of this on."""
SCAN_S = 30.0
"""Trials that ended some time ago are looked at once in this time."""
SLOW_S = 60.0
"""Versions that wait for longer are told to the user."""
AT_ONCE = Retry(deadline_s=5.0)

_DRIVERS: dict[Path, "SweepDriver"] = {}


def driver_of(folder: SweepFolder) -> "SweepDriver | None":
    """Return what keeps the store of a sweep up to date in this process; None for a sweep without one."""
    return _DRIVERS.get(folder.path.resolve())


class SweepDriver:
    """The driver's side of a sweep on a store: its lease, and the changes of its folder, which are published.

    A thread publishes the sweep's own files and those of trials that no worker runs. What a worker publishes
    comes with its reports, too, so that the folder is up to date also while the store cannot be reached.

    Attributes:
        folder: The driver's folder, a mirror.
        lost: Called with one line when another driver has taken over.
    """

    def __init__(self, uri: str, *, notify: Notify = logger.info, lease: DriverLease | None = None) -> None:
        """Connect to nothing yet; see `driving`."""
        self.lost: Callable[[str], None] = lambda _: None
        self._mirror = Mirror(make_place(Location(uri), Role.DRIVER))
        self.folder = self._mirror.folder
        self._uri = uri
        self._notify = notify
        self._lease = lease or DriverLease(self._mirror.store)
        self._requests = DriverRequests(self._mirror.store, self.folder)
        self._publisher: Publisher | None = None
        self._lock = threading.RLock()
        self._with_workers: set[str] = set()
        self._bases: dict[str, Version] = {}
        self._stamps: dict[str, object] = {}
        self._closed: dict[str, float] = {}
        self._turns: dict[str, int] = {}
        self._uncertain: set[str] = set()
        self._unsaved_there: dict[str, float] = {}
        self._away_since: float | None = None
        self._is_over = threading.Event()
        self._scanned = 0.0
        self._told_s = 0.0
        self._is_told_lost = False

    @contextmanager
    def driving(self, *, take_over: bool = False) -> Iterator[None]:
        """Hold the lease in the block, with the folder as the store has it, and publish what changes there.

        Raises:
            SweepError: Another driver lives, or an object is damaged.
            StorageError: The store cannot be reached.
        """
        self._lease.acquire(take_over=take_over, notify=self._notify)
        self._lease.keep()
        key = self.folder.path.resolve()
        loop = threading.Thread(target=self._loop, name="sweep-store", daemon=True)
        try:
            self._adopt()
            self._publisher = Publisher(self._mirror.store, self._lease.epoch)
            for part in self._mirror.parts():
                self._know(part)
            self._requests.begin()
            self._publisher.start()
            _DRIVERS[key] = self
            loop.start()
            yield
        finally:
            self._is_over.set()
            if loop.ident is not None:
                loop.join()
            _DRIVERS.pop(key, None)
            self._finish()
            with suppress(StorageError):
                self._lease.release()

    def order(self, trial_id: str | None = None) -> NodeOrder:
        """Return what a worker is told that takes a trial, or evaluates; what is new is published."""
        parts = [SWEEP] if trial_id is None else [SWEEP, trial_part(trial_id)]
        with self._lock:
            for part in parts:
                self._submit_changes(part)
            held = {part: self._mirror.held(part) for part in parts if part not in self._uncertain}
            versions = {part: str(manifest.version) for part, manifest in held.items() if manifest}
        return NodeOrder(self._uri, self._lease.epoch, versions)

    def hand_out(self, trial_id: str) -> NodeOrder:
        """Return what a worker is told that runs a trial, whose files are the worker's from now on."""
        order, part = self.order(trial_id), trial_part(trial_id)
        with self._lock:
            self._with_workers.add(part)
            held = self._mirror.held(part)
            turn = max(0 if held is None else held.number // TURN, self._turns.get(part, 0)) + 1
            self._turns[part] = turn
        return replace(order, first_number=turn * TURN)

    def receive(self, text: str, *, unsaved_s: float = 0.0) -> None:
        """Make the folder hold what a worker has reported of its trial, and since when it could not save it."""
        manifest = parse_manifest(text, source="the report of a worker")
        with self._lock:
            self._unsaved_there[manifest.part] = unsaved_s
            self._mirror.apply(manifest, may_download=False)
            self._uncertain.discard(manifest.part)
            self._bases[manifest.part] = manifest.version
            self._stamps.pop(manifest.part, None)

    def recover(self, trial_id: str) -> None:
        """Take back a trial whose worker died, as its last version on the store; what came later is gone.

        While the store cannot be reached, the next worker takes what is there when it starts.
        """
        part = trial_part(trial_id)
        try:
            self._fetch([part])
            self._bases.pop(part, None)
            self._uncertain.discard(part)
        except SweepboxError as error:
            self._uncertain.add(part)
            logger.warning("trial %s: its last version cannot be fetched: %s", trial_id, error)
        self.let_go(trial_id)

    def let_go(self, trial_id: str) -> None:
        """Publish a trial's files from here again, now that it is closed."""
        with self._lock:
            self._with_workers.discard(trial_part(trial_id))
            self._closed[trial_part(trial_id)] = time.monotonic()
            self._unsaved_there.pop(trial_part(trial_id), None)

    def flush(self) -> None:
        """Publish all changes, and wait for it.

        Raises:
            StorageError: The store stays away.
            SupersededError: Another driver has taken over.
        """
        if self._lease.lost_to is not None:
            raise SupersededError(f"{self._uri}: {self._lease.lost_to}")
        self._submit_all()
        if not self._waited(END_S):
            raise StorageError(f"{self._uri}: {self._reason()}; resume the sweep when the store is back")

    def fetch_evaluated(self, trial_ids: Collection[str]) -> None:
        """Fetch what evaluations on other nodes wrote: matches of trials, the winner's detections."""
        self._fetch([PRECISION, DETECTOR, *map(trial_part, trial_ids)])

    def _adopt(self) -> None:
        """Fetch all parts, and state which versions of earlier drivers count."""
        if not self._mirror.store.versions():
            self._mirror.clear()
        versions = self._mirror.fetch()
        adopted = {part: str(version) for part, version in versions.items()}
        self._mirror.store.write_epoch(Epoch(self._lease.epoch, self._lease.owner, adopted))

    def _know(self, part: str) -> None:
        held = self._mirror.held(part)
        if held is not None and self._publisher is not None:
            self._publisher.know(held)

    def _fetch(self, parts: Collection[str]) -> None:
        with self._lock:
            self._mirror.fetch(parts)
            for part in parts:
                self._know(part)
                self._stamps.pop(part, None)

    def _loop(self) -> None:
        while not self._is_over.wait(LOOP_S):
            try:
                self._look()
                self._away_since = None
            except (SweepboxError, OSError) as error:
                logger.info("%s", error)
                self._away_since = self._away_since or time.monotonic()

    def _look(self) -> None:
        """Publish changes, exchange requests, and tell what is not saved."""
        self._submit_recent()
        self._tell_unsaved()
        poll = ControlPoll(self._mirror.store)
        if poll.epoch > self._lease.epoch and self._lease.lost_to is None:
            self._lease.lose(self._mirror.store.read_epoch(poll.epoch).owner, poll.epoch)
        if self._lease.lost_to is None:
            self._requests.exchange(poll)
            self._prune(PRUNE_S)
        elif not self._is_told_lost:
            self._is_told_lost = True
            self.lost(self._lease.lost_to)

    def _submit_recent(self) -> None:
        """Have the changes published of what is new or was closed lately; now and then, all changes."""
        if time.monotonic() - self._scanned >= SCAN_S:
            self._submit_all()
            return
        with self._lock:
            for trial in self.folder.trial_folders():
                part = trial_part(trial.id)
                if part not in self._with_workers and (part in self._closed or part not in self._stamps):
                    self._submit_changes(part)
            self._submit_changes(SWEEP)

    def _submit_all(self, *, is_end: bool = False) -> None:
        with self._lock:
            for trial in self.folder.trial_folders():
                if trial_part(trial.id) not in self._with_workers:
                    self._submit_changes(trial_part(trial.id))
            self._submit_changes(SWEEP, with_log=is_end)
        self._scanned = time.monotonic()

    def _submit_changes(self, part: str, *, with_log: bool = False) -> None:
        """Have a part published where its files have changed."""
        if self._publisher is None or self._lease.lost_to is not None or not self.folder.exists:
            return
        stamps = _stamps(self.folder.path, part)
        if stamps == self._stamps.get(part) and not with_log:
            return
        snapshot = self._mirror.snapshot(
            part, epoch=self._lease.epoch, first_number=self._first_number(part), with_log=with_log
        )
        if changed_files(self._mirror.held(part), snapshot.manifest):
            self._mirror.record(snapshot.manifest)
            self._publisher.submit(snapshot, after=self._bases.pop(part, None))
        else:
            snapshot.drop()
        self._stamps[part] = stamps

    def _prune(self, age_s: float) -> None:
        """Delete the earlier versions of trials that were closed some time ago, with their saved states."""
        waiting = {} if self._publisher is None else self._publisher.unsaved()
        for part, closed in list(self._closed.items()):
            if time.monotonic() - closed < age_s:
                break
            if part not in waiting and part not in self._with_workers:
                self._mirror.store.prune(part)
            del self._closed[part]

    def _remove_orphans(self) -> None:
        """Delete what was uploaded without a manifest, by workers that were killed or lost their driver."""
        if self._uncertain or self._unsaved_there:
            return
        held = [self._mirror.held(part) for part in self._mirror.parts()]
        self._mirror.store.remove_orphans([manifest for manifest in held if manifest is not None])

    def _first_number(self, part: str) -> int:
        """Return a number above all that workers of a part write."""
        return (self._turns[part] + 1) * TURN if part in self._turns else 1

    def _tell_unsaved(self) -> None:
        waiting = dict(self._unsaved_there) | ({} if self._publisher is None else self._publisher.unsaved())
        away_s = 0.0 if self._away_since is None else time.monotonic() - self._away_since
        longest = max([away_s, *waiting.values()])
        if longest < SLOW_S:
            if self._told_s:
                self._notify(f"{self._uri}: all is saved again")
            self._told_s = 0.0
        elif longest >= 2 * self._told_s:
            self._told_s = longest
            self._notify(
                f"{self._uri}: unsaved since {longest / 60:.0f} min ({self._reason()}); trials go on, and it "
                "is tried again"
            )

    def _reason(self) -> str:
        publisher = self._publisher
        told = None if publisher is None else publisher.superseded or publisher.problem
        return self._lease.lost_to or told or "the store is slow"

    def _waited(self, limit_s: float) -> bool:
        """Wait until all is published; return whether it is."""
        if self._publisher is None:
            return True
        end = time.monotonic() + limit_s
        while not (is_done := self._publisher.wait(1.0)):
            if time.monotonic() > end or self._lease.lost_to or self._publisher.superseded:
                break
        return is_done

    def _finish(self) -> None:
        """Publish the rest, the log too, and wait for a bounded time."""
        if self._publisher is None:
            return
        self._with_workers.clear()
        if self._lease.lost_to is None and self.folder.exists:
            try:
                self._submit_all(is_end=True)
                self._requests.exchange(ControlPoll(self._mirror.store))
            except (SweepboxError, OSError) as error:
                logger.warning("%s", error)
            if self._waited(END_S):
                with suppress(StorageError):
                    self._prune(0.0)
                    self._remove_orphans()
            else:
                left = ", ".join(sorted(self._publisher.unsaved()))
                self._notify(
                    f"{self._uri}: not saved: {left} ({self._reason()}); --resume runs that part again"
                )
        self._publisher.close(0.0)


def _stamps(root: Path, part: str) -> object:
    """Return what differs when a file of a part does."""
    found = []
    for name, path in files_of_part(root, part):
        with suppress(OSError):
            status = path.stat()
            found.append((name, status.st_mtime_ns, status.st_size, status.st_ino))
    folders = [path.name for path in (root / part).glob("*") if path.is_dir()] if part != SWEEP else []
    return found, sorted(folders)


def is_free(uri: str) -> bool:
    """Return whether no sweep is at a location."""
    return not Mirror(make_place(Location(uri), Role.DRIVER)).store.versions()
