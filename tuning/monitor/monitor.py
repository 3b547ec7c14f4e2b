"""The monitor of a running sweep: shows its state, writes its table of results, enforces its limits."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, Self

from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.sweep.results_table import write_results
from sweepbox.tuning.sweep.spending import limit_reached
from sweepbox.tuning.sweep.state import SweepState

INTERVAL_S = 1.0
TABLE_SHARE = 0.05
"""At most this share of the time is spent on the table of results, which grows with the sweep."""
TIME_BUDGET = "time budget"


class Listener(Protocol):
    """Receives the state of a running sweep."""

    def show(self, state: SweepState, time_left_s: float | None) -> None:
        """Receive the state, about once a second, with an estimate of the seconds left."""


class SweepMonitor:
    """A thread that polls the sweep's state within a `with` block.

    The sweep is asked to stop when its time budget or another limit is used up, or its stop rule holds.
    An error in the thread asks the sweep to stop and is raised at the end of the block.
    """

    def __init__(
        self,
        folder: SweepFolder,
        snapshot: Callable[[], SweepState],
        *,
        listener: Listener | None,
        num_workers: int,
        time_budget_s: float | None,
        limit: Callable[[SweepState], str | None] = limit_reached,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the time budget; polling starts with the block.

        Args:
            folder: The sweep's folder.
            snapshot: Returns the sweep's state; called from the thread.
            listener: Receives each state.
            num_workers: How many trials run at a time, for the estimate of the time left.
            time_budget_s: The seconds after which the sweep is asked to stop.
            limit: Returns the other limit that ends the sweep now, None while there is none.
            clock: Returns the time in seconds.
        """
        self._folder = folder
        self._snapshot = snapshot
        self._listener = listener
        self._num_workers = num_workers
        self._limit = limit
        self._clock = clock
        self._deadline = None if time_budget_s is None else clock() + time_budget_s
        self._ended = -1
        self._next_table = 0.0
        self._over = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._poll_until_over, name="sweep-monitor", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Poll a last time and end the thread."""
        self._over.set()
        self._thread.join()
        if self._error is None:
            self._next_table = 0.0
            self.poll()
        elif exception[0] is None:
            raise self._error

    def poll(self) -> None:
        """Read the state once, show it, and write the table where trials have ended since."""
        state = self._snapshot()
        self._enforce_limits(state)
        if state.ended != self._ended and self._clock() >= self._next_table:
            self._ended = state.ended
            began = self._clock()
            write_results(state)
            written = self._clock()
            self._next_table = written + (written - began) / TABLE_SHARE
        if self._listener is not None:
            left_s = state.time_left_s(num_workers=self._num_workers, budget_left_s=self._budget_left_s())
            self._listener.show(state, left_s)

    def _enforce_limits(self, state: SweepState) -> None:
        """Ask the sweep to stop where it has more to do and a limit is reached."""
        if state.ended >= state.planned or self._over.is_set() or self._folder.stop_request.exists():
            return
        reason = TIME_BUDGET if self._budget_left_s() == 0 else self._limit(state)
        if reason is not None:
            self._folder.request_stop(reason)

    def _budget_left_s(self) -> float | None:
        return None if self._deadline is None else max(self._deadline - self._clock(), 0.0)

    def _poll_until_over(self) -> None:
        try:
            while not self._over.wait(INTERVAL_S):
                self.poll()
        except Exception as error:  # noqa: BLE001 - raised in the thread that runs the block
            self._error = error
            with suppress(OSError):  # the disk may be full: then trials end by that
                self._folder.request_stop("error")
