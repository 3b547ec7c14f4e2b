"""Calls of Ray in a thread of their own: the thread that waits stays free for signals and for checks."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Result = TypeVar("Result")

INTERVAL_S = 0.5
"""The time between two checks."""


def _no_check() -> None:
    """Find nothing wrong."""


class CallThread:
    """A thread that makes the calls it is given, one after the other.

    Ray's own calls wait in native code, where Python handles no signal, and some never return when Ray is dead.
    The operating system ends the processes of a Ray when the thread that has started them ends, so a Ray is
    started by the thread that lives as long.
    """

    def __init__(self) -> None:
        """Start the thread; it does not keep the process alive."""
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="ray", daemon=True).start()

    def call(self, work: Callable[[], Result], *, check: Callable[[], None] = _no_check) -> Result:
        """Return what `work` returns or raise what it raises.

        If a signal's handler or `check` raises, this raises at once, and the thread goes on with its call.

        Args:
            work: The call.
            check: Called twice a second, and when the call has failed; raises where waiting is of no use.
        """
        results: list[Result] = []
        errors: list[BaseException] = []
        over = threading.Event()

        def run() -> None:
            try:
                results.append(work())
            except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
                errors.append(error)
            finally:
                over.set()

        self._calls.put(run)
        while not over.wait(INTERVAL_S):
            check()
        if errors:
            check()  # what it raises is the cause
            raise errors[0]
        return results[0]

    def end(self) -> None:
        """End the thread when it has made its calls."""
        self._calls.put(None)

    def _work(self) -> None:
        while (run := self._calls.get()) is not None:
            run()


@contextmanager
def call_thread() -> Iterator[CallThread]:
    """Yield a thread that ends with the block."""
    thread = CallThread()
    try:
        yield thread
    finally:
        thread.end()
