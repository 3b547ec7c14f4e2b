"""Ctrl-C between steps instead of within one."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, raised where the state is whole and can be saved."""


@contextmanager
def deferred_interrupts() -> Iterator[Callable[[], None]]:
    """Yield a function that raises Interrupted if Ctrl-C was pressed; call it where the state is whole.

    A second Ctrl-C raises KeyboardInterrupt at once. Outside the main thread signals cannot be handled: nothing
    is deferred there.
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
