"""Publishes versions of parts in the background, and tries again where the store does not take them."""

import logging
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sweepbox.detection.core.errors import StorageError, SweepError
from sweepbox.detection.core.remote.location import without_secrets
from sweepbox.detection.core.remote.retries import Retry
from sweepbox.tuning.storage.remote.manifest import Manifest, Version
from sweepbox.tuning.storage.remote.snapshot import Snapshot
from sweepbox.tuning.storage.remote.store import SupersededError, SweepStore

logger = logging.getLogger(__name__)

BACKOFF = Retry(first_s=1.0, longest_s=60.0)
ONE_TRY = Retry(deadline_s=2.0)
IDLE_S = 3600.0


@dataclass
class _Pending:
    """A version that waits to be published.

    `since` is when the first of the versions that it replaces began to wait, `after` what must be on the store
    before it.
    """

    snapshot: Snapshot
    since: float
    submitted: float
    after: Version | None
    due: float
    failures: int = 0


class Publisher:
    """Publishes the newest version of each part; a version that waits is replaced by a newer one.

    Attributes:
        superseded: One line where another driver has taken the sweep over; nothing is published any more.
        problem: Why the last attempt failed; None where it did not.
    """

    def __init__(self, store: SweepStore, epoch: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Publish under an epoch; `start` begins."""
        self.superseded: str | None = None
        self.problem: str | None = None
        self._store = SweepStore(store.location.with_retry(ONE_TRY))
        self._epoch = epoch
        self._clock = clock
        self._changed = threading.Condition()
        self._pending: dict[str, _Pending] = {}
        self._published: dict[str, Manifest] = {}
        self._active: _Pending | None = None
        self._is_over = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Publish in a thread from now on."""
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def know(self, manifest: Manifest) -> None:
        """Learn that a version is complete on the store."""
        with self._changed:
            self._published[manifest.part] = manifest

    def submit(self, snapshot: Snapshot, *, after: Version | None = None) -> None:
        """Have a version published.

        Args:
            snapshot: The version; it is dropped when it is published or replaced.
            after: A version that another process publishes and this one builds on: it is waited for.
        """
        part = snapshot.manifest.part
        with self._changed:
            old = self._pending.get(part)
            now = self._clock()
            since = now if old is None else old.since
            if after is None and old is not None:
                after = old.after
            self._pending[part] = _Pending(snapshot, since, now, after, now)
            if old is not None and old is not self._active:
                old.snapshot.drop()
            self._changed.notify_all()

    def unsaved(self) -> dict[str, float]:
        """Return for how many seconds each part waits that is not published."""
        with self._changed:
            now = self._clock()
            return {part: now - item.since for part, item in self._pending.items()}

    def wait(self, limit_s: float, parts: Collection[str] | None = None) -> bool:
        """Wait until parts, by default all, are published; return whether they are, at most after `limit_s`."""

        def is_done() -> bool:
            return self.superseded is not None or not any(
                parts is None or part in parts for part in self._pending
            )

        with self._changed:
            self._changed.wait_for(is_done, timeout=limit_s)
            return is_done() and self.superseded is None

    def close(self, limit_s: float) -> bool:
        """Wait as in `wait`, then publish nothing more; return whether all is published."""
        is_saved = self.wait(limit_s)
        with self._changed:
            self._is_over = True
            left = list(self._pending.values())
            self._pending.clear()
            self._changed.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(limit_s)
        for item in left:
            item.snapshot.drop()
        return is_saved

    def step(self) -> float:
        """Try to publish the version that is due first; return after how many seconds the next one is due."""
        with self._changed:
            item = min(self._pending.values(), key=lambda pending: pending.due, default=None)
            if item is None or self.superseded is not None:
                return IDLE_S
            if item.due > self._clock():
                return item.due - self._clock()
            self._active = item
        part = item.snapshot.manifest.part
        try:
            self._publish(item)
        except SupersededError as error:
            self._supersede(str(error))
        except (SweepError, OSError) as error:
            self._fail(item, error)
        else:
            self._complete(item)
        finally:
            with self._changed:
                self._active = None
                if self._pending.get(part) is not item:
                    item.snapshot.drop()
        return 0.0

    def _complete(self, item: _Pending) -> None:
        part = item.snapshot.manifest.part
        with self._changed:
            self.problem = None
            self._published[part] = item.snapshot.manifest
            newer = self._pending.get(part, item)
            if newer is item:
                self._pending.pop(part, None)
            else:
                newer.since = newer.submitted
            self._changed.notify_all()

    def _publish(self, item: _Pending) -> None:
        manifest = item.snapshot.manifest
        before = self._published.get(manifest.part)
        if item.after is not None and (before is None or before.version < item.after):
            found = self._store.version(manifest.part)
            if found is None or found < item.after:
                raise StorageError(f"{manifest.part}: its version {item.after} has not been published yet")
            before = self._store.read_manifest(manifest.part, found)
            self.know(before)
        self._store.publish(
            manifest, item.snapshot.sources, before=before, check=lambda: self._store.check_epoch(self._epoch)
        )

    def _fail(self, item: _Pending, error: Exception) -> None:
        with self._changed:
            self.problem = without_secrets(error)
            item.due = self._clock() + BACKOFF.pause_s(item.failures)
            item.failures += 1
        if item.failures == 1:
            logger.warning("%s is not saved yet: %s", item.snapshot.manifest.part, self.problem)

    def _supersede(self, line: str) -> None:
        with self._changed:
            self.superseded = line
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            pause = self.step()
            with self._changed:
                if self._is_over:
                    return
                if pause > 0 and not self._is_due():
                    self._changed.wait(pause)

    def _is_due(self) -> bool:
        now = self._clock()
        return self.superseded is None and any(item.due <= now for item in self._pending.values())
