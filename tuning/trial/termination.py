"""SIGTERM to the process of a trial: the trial saves its state, and the process ends."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class ProcessTerminatedError(Exception):
    """The process was asked to end, as before its machine is taken away."""


class Termination:
    """Whether this process was asked to end while it worked.

    While it does not work, and when it is asked a second time, it ends as without this class.

    Attributes:
        is_requested: Whether it was.
    """

    def __init__(self) -> None:
        """Ask for nothing; signals are taken from `install` on."""
        self.is_requested = False
        self._is_working = False
        self._before: Callable[[int, FrameType | None], object] | None = None

    def install(self) -> None:
        """Take SIGTERM from now on; outside the main thread, where Python cannot, nothing changes."""
        if threading.current_thread() is not threading.main_thread():
            return
        before = signal.signal(signal.SIGTERM, self._handle)
        self._before = before if callable(before) else None

    @contextmanager
    def working(self) -> Iterator[None]:
        """Let a SIGTERM within the block be a request; ProcessTerminatedError where one came before."""
        self.check()
        self._is_working = True
        try:
            yield
        finally:
            self._is_working = False

    def check(self) -> None:
        """Raise ProcessTerminatedError where the process was asked to end."""
        if self.is_requested:
            raise ProcessTerminatedError("the trial's process was asked to end (SIGTERM)")

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._is_working and not self.is_requested:
            self.is_requested = True
        elif self._before is not None:
            self._before(number, frame)
        else:
            raise SystemExit(128 + number)
