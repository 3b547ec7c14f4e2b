"""Ctrl-C that takes effect between training steps, not within one."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, raised when the state is consistent and can be saved."""


@contextmanager
def deferred_interrupts() -> Iterator[Callable[[], None]]:
    """Yield a function that raises Interrupted if Ctrl-C was pressed; call it when the state is consistent.

    A second Ctrl-C raises KeyboardInterrupt at once. Outside the main thread, signals cannot be handled and
    nothing is deferred.
    """
    pressed = False

    def check() -> None:
        if pressed:
            raise Interrupted

    def handle(_signal: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    if threading.current_thread() is not threading.main_thread():
        yield check
        return
    previous = signal.signal(signal.SIGINT, handle)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, previous)
