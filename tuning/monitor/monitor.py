"""A thread that watches a running sweep: shows it, keeps its table of results, minds the time budget."""

import threading
import time
from collections.abc import Callable
from typing import Protocol, Self

from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.sweep.results_table import write_results
from sweepbox.tuning.sweep.state import SweepReader, SweepState

INTERVAL_S = 1.0
TABLE_SHARE = 0.05
"""At most this share of the time goes into the table of results, which grows with the sweep."""
TIME_BUDGET = "time budget"


class Listener(Protocol):
    """Whatever wants to be told how the sweep stands."""

    def show(self, state: SweepState, time_left_s: float | None) -> None:
        """Take in how the sweep stands, about once a second."""


class Watch:
    """Watches from `with` to its end; a listener's error ends the watching and is raised there."""

    def __init__(
        self,
        folder: SweepFolder,
        *,
        listener: Listener | None,
        concurrency: int,
        time_budget_s: float | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the sweep; the time budget counts from here."""
        self._folder = folder
        self._reader = SweepReader(folder)
        self._listener = listener
        self._concurrency = concurrency
        self._clock = clock
        self._deadline = None if time_budget_s is None else clock() + time_budget_s
        self._ended = -1
        self._next_table = 0.0
        self._over = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._watch, name="sweep-watch", daemon=True)

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Look a last time and end."""
        self._over.set()
        self._thread.join()
        if self._error is None:
            self._next_table = 0.0
            self.look()
        elif exception[0] is None:
            raise self._error

    def look(self) -> None:
        """Look once."""
        state = self._reader.read()
        if state.ended != self._ended and self._clock() >= self._next_table:
            self._ended = state.ended
            began = self._clock()
            write_results(state)
            written = self._clock()
            self._next_table = written + (written - began) / TABLE_SHARE
        if self._listener is not None:
            time_left_s = state.time_left_s(concurrency=self._concurrency, budget_left_s=self._budget_left_s())
            self._listener.show(state, time_left_s)

    def _budget_left_s(self) -> float | None:
        return None if self._deadline is None else max(self._deadline - self._clock(), 0.0)

    def _watch(self) -> None:
        try:
            while not self._over.wait(INTERVAL_S):
                if self._budget_left_s() == 0 and not self._folder.stop_request.exists():
                    self._folder.request_stop(TIME_BUDGET)
                self.look()
        except Exception as error:  # noqa: BLE001 - raised in the thread that watches this one
            self._error = error
            self._folder.request_stop("error")
