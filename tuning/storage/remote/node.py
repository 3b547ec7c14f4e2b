"""A sweep as a process of some node works on it: in a local folder, whose changes are published."""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sweepbox.detection.core.errors import StorageError
from sweepbox.detection.core.remote.location import Location
from sweepbox.detection.core.remote.retries import Retry
from sweepbox.tuning.storage.folder import SweepFolder, TrialFolder
from sweepbox.tuning.storage.remote.control import ControlPoll, obey
from sweepbox.tuning.storage.remote.layout import DETECTOR, PRECISION, SWEEP, trial_part
from sweepbox.tuning.storage.remote.manifest import Version
from sweepbox.tuning.storage.remote.mirror import Mirror, changed_files
from sweepbox.tuning.storage.remote.place import Role, make_place
from sweepbox.tuning.storage.remote.publisher import Publisher

logger = logging.getLogger(__name__)

POLL_S = 3.0
"""The seconds between two looks for requests to stop."""
START_S = 1800.0
"""How long a trial that starts waits for the store."""
END_S = 120.0
"""How long a trial that ends waits until its last version is on the store."""
PATIENT = Retry(deadline_s=600.0)


@dataclass(frozen=True)
class NodeOrder:
    """What a process on a node needs to work on a sweep.

    Attributes:
        uri: The sweep on the store.
        epoch: The driver's turn.
        versions: The versions that parts have at least.
        first_number: The first number of versions that a trial's worker writes; above those of earlier workers,
            of which one may still live on a node that was cut off.
    """

    uri: str
    epoch: int
    versions: Mapping[str, str]
    first_number: int = 1


class NodeSweep:
    """A local folder of a sweep for the trials and evaluations of one node.

    Attributes:
        folder: The sweep's folder, which has the sweep's own files and those of the trials that ran here.
    """

    def __init__(self, order: NodeOrder) -> None:
        """Fetch nothing yet; see `prepare` and `fetch_own`."""
        self._order = order
        place = make_place(Location(order.uri), Role.TRIALS, epoch=order.epoch)
        for old in place.root.parent.glob(f"{Role.TRIALS}-*"):
            if old.name < place.root.name:
                shutil.rmtree(old, ignore_errors=True)  # of an earlier driver, whose trials do not count
        self._mirror = Mirror(place)
        self.folder: SweepFolder = self._mirror.folder

    def fetch_own(self) -> SweepFolder:
        """Fetch the sweep's own files, and return its folder."""
        with self._mirror.locked():
            self._wait_for_versions()
            self._mirror.fetch([SWEEP, PRECISION])
        return self.folder

    def prepare(self, trial_id: str, *, state: bool = False, best: bool = False) -> TrialFolder:
        """Fetch what a trial needs: its own files, and on demand its saved state and its best weights.

        A copy of this node that the store does not have yet is kept.

        Raises:
            StorageError: The store cannot be reached, or has not all of it.
        """
        part = trial_part(trial_id)
        with self._mirror.locked():
            self._wait_for_versions()
            self._mirror.fetch([SWEEP, PRECISION])
            if not self._is_ahead(part):
                self._mirror.fetch([part])
            trial = self.folder.trial(trial_id)
            if state and trial.last.is_dir():
                self._mirror.materialise(trial.last)
            if best and trial.best.is_dir():
                self._mirror.materialise(trial.best)
        return trial

    def publish(self, *parts: str) -> None:
        """Publish parts that changed here, and wait for it; StorageError where the store stays away."""
        publisher = Publisher(self._mirror.store, self._order.epoch)
        for part in parts:
            before = self._mirror.held(part)
            if before is not None:
                publisher.know(before)
            snapshot = self._mirror.snapshot(part, epoch=self._order.epoch)
            if changed_files(before, snapshot.manifest):
                publisher.submit(snapshot)
                self._mirror.record(snapshot.manifest)
            else:
                snapshot.drop()
        publisher.start()
        if not publisher.close(PATIENT.deadline_s):
            raise StorageError(
                f"{self._order.uri}: {publisher.superseded or publisher.problem}; resume the sweep when the "
                "store is back"
            )

    def publish_evaluated(self, trial_id: str) -> None:
        """Publish what an evaluation wrote: the trial's matches, or the winner's detections."""
        self.publish(trial_part(trial_id), DETECTOR)

    def _is_ahead(self, part: str) -> bool:
        """Return whether the folder has a later version of a trial than the store, of this driver's turn."""
        held = self._mirror.held(part)
        found = self._mirror.store.versions().get(part)
        return (
            held is not None and found is not None and held.epoch == self._order.epoch and held.version > found
        )

    def _wait_for_versions(self) -> None:
        """Wait until the store has the versions that the driver speaks of."""
        wanted = {part: Version.parse(text) for part, text in self._order.versions.items()}
        end = time.monotonic() + START_S
        pause = 0.2
        while True:
            versions = self._mirror.store.versions()
            missing = [part for part, version in wanted.items() if versions.get(part, Version(0, 0)) < version]
            if not missing:
                return
            if time.monotonic() > end:
                raise StorageError(
                    f"{self._order.uri}: {missing[0]} {wanted[missing[0]]} is not there after {START_S:g} s; "
                    "resume the sweep when the driver reaches the store"
                )
            time.sleep(pause)
            pause = min(2 * pause, 5.0)


class NodeTrial:
    """One trial in one process of a node: publishes what it writes, and obeys requests on the store."""

    def __init__(self, sweep: NodeSweep, order: NodeOrder, trial_id: str) -> None:
        """Fetch the trial, and begin to publish and to obey.

        Raises:
            StorageError: The store cannot be reached, or has not all of the trial.
        """
        self._mirror = sweep._mirror
        self._folder = sweep.folder
        self._epoch = order.epoch
        self._first_number = order.first_number
        self._trial_id = trial_id
        self._part = trial_part(trial_id)
        sweep.prepare(trial_id, state=True)
        self._obey()
        self._publisher = Publisher(self._mirror.store, order.epoch)
        held = self._mirror.held(self._part)
        found = self._mirror.store.versions().get(self._part)
        if held is not None and held.version == found:
            self._publisher.know(held)
        elif found is not None:
            self._publisher.know(self._mirror.store.read_manifest(self._part, found))
        self._publisher.start()
        self._is_over = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="requests", daemon=True)
        self._poller.start()

    @property
    def unsaved_s(self) -> float:
        """For how many seconds a version waits that could not be saved; 0 where none does."""
        return max(self._publisher.unsaved().values(), default=0.0)

    def published(self) -> str:
        """Have the trial's files published as they are now, in the background, and return their manifest."""
        snapshot = self._mirror.snapshot(self._part, epoch=self._epoch, first_number=self._first_number)
        self._mirror.record(snapshot.manifest)
        text = snapshot.manifest.to_text()
        self._publisher.submit(snapshot)
        return text

    def close(self, limit_s: float = END_S) -> None:
        """Wait until the last version is on the store, for a bounded time, and stop."""
        if not self._publisher.close(limit_s):
            reason = self._publisher.superseded or self._publisher.problem
            logger.warning("trial %s: its last version is not saved: %s", self._trial_id, reason)
        self._is_over.set()
        self._poller.join(limit_s)

    def _poll(self) -> None:
        while not self._is_over.wait(POLL_S):
            _quietly(self._obey)

    def _obey(self) -> None:
        obey(ControlPoll(self._mirror.store), self._folder, self._trial_id, epoch=self._epoch)


def _quietly(work: Callable[[], None]) -> None:
    """Do a work that is done again soon; an error of the store is logged."""
    try:
        work()
    except (StorageError, OSError) as error:
        logger.info("%s", error)
