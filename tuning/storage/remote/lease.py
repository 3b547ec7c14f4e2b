"""The driver's lease: one process at a time drives a sweep on a store, which has no locks."""

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from sweepbox.detection.core.errors import MissingObjectError, StorageError, SweepError
from sweepbox.tuning.storage.json_records import STRICT, parse_record
from sweepbox.tuning.storage.remote.layout import LEASE, RECORD_BYTES
from sweepbox.tuning.storage.remote.store import Epoch, SweepStore

INTERVAL_S = 10.0
MISSED_BEATS = 3
SETTLE_S = 1.0
"""The seconds between writing a lease and reading it back, in which another driver's write becomes visible."""


@dataclass(frozen=True)
class Lease:
    """`driver.json`.

    Attributes:
        owner: The host, the process and a random word of the driver.
        epoch: The number of the driver's turn.
        beat: A number that the driver raises at each interval.
        interval_s: The seconds between two beats.
        is_released: Whether the driver has ended in order.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    owner: str
    epoch: Annotated[int, Field(ge=1)]
    beat: int = 0
    interval_s: Annotated[float, Field(gt=0, le=3600)] = INTERVAL_S
    is_released: bool = False


def read_lease(store: SweepStore) -> Lease | None:
    """Return the lease of a sweep; None where no driver ever held one. SweepError where it is damaged."""
    location = store.location.join(LEASE)
    try:
        return parse_record(Lease, location.read_bytes(at_most=RECORD_BYTES))
    except MissingObjectError:
        return None
    except ValueError as error:
        raise SweepError(f"{location}: damaged ({error}); resume the sweep with --take-over") from error


class DriverLease:
    """A lease that this process holds until `release`; a thread renews it.

    Attributes:
        epoch: The number of this driver's turn.
        lost_to: One line on the driver that has taken over; None while the lease is held.
    """

    def __init__(
        self,
        store: SweepStore,
        *,
        interval_s: float = INTERVAL_S,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Hold nothing yet; see `acquire`."""
        self.lost_to: str | None = None
        self.epoch = 0
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._lease = Lease(f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}", 1, 0, interval_s)
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def owner(self) -> str:
        """What names this driver."""
        return self._lease.owner

    def acquire(self, *, take_over: bool = False, notify: Callable[[str], None] = lambda _: None) -> None:
        """Take the lease: at once where no driver holds it, or after a driver has missed its beats.

        Whether a driver lives is decided by this machine's clock alone: its lease has to stay unchanged for
        `MISSED_BEATS` intervals.

        Args:
            take_over: Take it from a driver that lives, too.
            notify: Receives a line where another driver is waited for.

        Raises:
            SweepError: Another driver lives, or was faster.
        """
        before = self._readable(take_over=take_over)
        if before is not None and not before.is_released and not take_over:
            notify(f"{self._store.location}: waiting whether its driver {before.owner} is still alive")
            self._wait_for_silence(before)
        number = max([*self._store.epochs(), 0 if before is None else before.epoch]) + 1
        self._lease = replace(self._lease, epoch=number)
        self._write(self._lease)
        self._sleep(SETTLE_S)
        now = self._readable(take_over=False)
        if now is None or (now.owner, now.epoch) != (self.owner, number):
            raise self._refusal(now or self._lease)
        self.epoch = number
        self._store.write_epoch(Epoch(number, self.owner, None))

    def keep(self) -> None:
        """Renew the lease in a thread from now on."""
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Stop renewing; tell others that this driver has ended, where the lease is still held."""
        self._is_over.set()
        if self._thread is not None:
            self._thread.join()
        if self.lost_to is None and self.epoch:
            self._write(replace(self._lease, is_released=True))

    def beat(self) -> None:
        """Renew the lease once; `lost_to` says afterwards whether another driver has taken it.

        Where the store cannot be reached nothing changes: nobody else can take over there either.
        """
        try:
            now = read_lease(self._store)
            if now is not None and now.owner != self.owner and now.epoch >= self.epoch:
                self.lose(now.owner, now.epoch)
                return
            self._lease = replace(self._lease, beat=self._lease.beat + 1)
            self._write(self._lease)
        except StorageError:
            return

    def lose(self, owner: str, epoch: int) -> None:
        """Record that another driver has taken over."""
        self.lost_to = f"the driver {owner} has taken the sweep over (epoch {epoch}, here {self.epoch})"

    def _renew(self) -> None:
        while not self._is_over.wait(self._lease.interval_s) and self.lost_to is None:
            self.beat()

    def _readable(self, *, take_over: bool) -> Lease | None:
        try:
            return read_lease(self._store)
        except StorageError:
            raise
        except SweepError:
            if not take_over:
                raise
            return None

    def _wait_for_silence(self, before: Lease) -> None:
        end = self._clock() + MISSED_BEATS * before.interval_s
        while self._clock() < end:
            self._sleep(before.interval_s / 4)
            now = read_lease(self._store)
            if now != before:
                if now is None or now.is_released:
                    return
                raise self._refusal(now)

    def _refusal(self, other: Lease) -> SweepError:
        return SweepError(
            f"{self._store.location}: another process runs this sweep ({other.owner}); wait for it, end it "
            "with `sweepbox stop`, or take the sweep over with --take-over"
        )

    def _write(self, lease: Lease) -> None:
        self._store.location.join(LEASE).write_bytes(json.dumps(asdict(lease)).encode())
