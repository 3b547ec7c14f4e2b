"""Finds trials that make no progress, from what they write to their records."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.remote.location import Location
from sweepbox.tuning.ray_backend.machines import Machines
from sweepbox.tuning.spec.durations import format_duration, parse_duration
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder, TrialFolder
from sweepbox.tuning.storage.remote.driver import driver_of
from sweepbox.tuning.storage.remote.place import Role, place_at
from sweepbox.tuning.storage.trial_record import TrialStatus, read_status

CHECKS = 10
"""How often a trial is looked at within `hang_timeout`."""
LONGEST_INTERVAL_S = 10.0


@dataclass
class _Seen:
    """What a trial had written when it was looked at last, and since when it has written no more."""

    status: TrialStatus | None
    since: float
    attempts_before: int


class HangWatch:
    """Has the process of a trial ended that has written nothing for the sweep's `hang_timeout`.

    While the process starts or compiles, `compile_timeout` holds instead. Time in which this process itself did
    not look counts for nothing: a trial may have waited for it.
    """

    def __init__(
        self,
        spec: SweepSpec,
        kill: Callable[[str], None],
        *,
        read: Callable[[str], TrialStatus | None],
        read_before: Callable[[str], TrialStatus | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Watch no trial.

        Args:
            spec: The sweep.
            kill: Ends the process of a trial.
            read: Returns what a trial wrote last.
            read_before: Returns what it had written before its process began; by default `read`.
            clock: Returns the time in seconds.
        """
        self._read = read
        self._read_before = read_before or read
        self._kill = kill
        self._clock = clock
        self._limit_s = None if spec.hang_timeout is None else parse_duration(spec.hang_timeout)
        self._compile_limit_s = parse_duration(spec.compile_timeout)
        self._interval_s = min((self._limit_s or 0.0) / CHECKS, LONGEST_INTERVAL_S)
        self._seen: dict[str, _Seen] = {}
        self._hung: dict[str, str] = {}
        self._checked = clock()

    @classmethod
    def of(cls, folder: SweepFolder, spec: SweepSpec, machines: Machines) -> Self:
        """Watch the trials of a sweep, whose processes are on machines.

        Of a sweep on a URI they write to their machine, which is asked; elsewhere to the sweep's folder.
        """

        def read(trial_id: str) -> TrialStatus | None:
            return status_or_none(folder.trial(trial_id))

        store = None if spec.hang_timeout is None else driver_of(folder)
        if store is None:
            return cls(spec, machines.kill, read=read)
        order = store.order()

        def ask(trial_id: str) -> TrialStatus | None:
            told = machines.ask(trial_id, status_on_node, order.uri, order.epoch, trial_id)
            return told if isinstance(told, TrialStatus) else None

        return cls(spec, machines.kill, read=ask, read_before=read)

    def started(self, trial_id: str) -> None:
        """Watch a trial that a process begins to run."""
        if self._limit_s is None:
            return
        before = self._read_before(trial_id)
        self._seen[trial_id] = _Seen(before, self._clock(), 0 if before is None else before.attempts)

    def ended(self, trial_id: str) -> str | None:
        """Watch a trial no more; return one line on its hang where it was ended for that."""
        self._seen.pop(trial_id, None)
        return self._hung.pop(trial_id, None)

    def check(self) -> None:
        """Look at all trials, where it is time for it."""
        now = self._clock()
        gap = now - self._checked
        if self._limit_s is None or gap < self._interval_s:
            return
        self._checked = now
        for trial_id, seen in list(self._seen.items()):
            seen.since += max(gap - 2 * self._interval_s, 0.0)
            status = self._read(trial_id)
            if status is not None and status != seen.status:
                self._seen[trial_id] = _Seen(status, now, seen.attempts_before)
            elif now - seen.since >= self._limit_of(seen):
                self._end(trial_id, seen)

    def _limit_of(self, seen: _Seen) -> float:
        """Return how long a trial may write nothing in the state that it wrote last."""
        status = seen.status
        is_starting = status is None or status.attempts <= seen.attempts_before or status.is_compiling
        return self._compile_limit_s if is_starting or self._limit_s is None else self._limit_s

    def _end(self, trial_id: str, seen: _Seen) -> None:
        limit_s = self._limit_of(seen)
        name = "hang_timeout" if limit_s == self._limit_s else "compile_timeout"
        self._hung[trial_id] = f"it made no progress for {format_duration(limit_s)} ({name}) and was killed"
        del self._seen[trial_id]
        self._kill(trial_id)


def status_or_none(trial: TrialFolder) -> TrialStatus | None:
    """Return what a trial wrote last; None where that cannot be read now."""
    with suppress(SweepError, OSError):
        return read_status(trial)
    return None


def status_on_node(uri: str, epoch: int, trial_id: str) -> TrialStatus | None:
    """Return what a trial of a sweep on a URI wrote last to this machine; None where it wrote nothing."""
    place = place_at(Location(uri), Role.TRIALS, epoch=epoch)
    return status_or_none(SweepFolder(place.folder).trial(trial_id))
