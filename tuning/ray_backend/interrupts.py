"""Ctrl-C: the first asks the trials to save and end, the second ends at once."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from sweepbox.tuning.storage.folder import SweepFolder

INTERRUPT = "interrupt"
NOTICE = "ending in order: trials save their state; press Ctrl-C again to end at once"


@contextmanager
def orderly_interrupts(folder: SweepFolder, notify: Callable[[str], None]) -> Iterator[None]:
    """Within the block, SIGINT and SIGTERM ask the sweep to stop; a second one raises KeyboardInterrupt.

    Outside the main thread, where Python cannot take signals, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(_number: int, _frame: FrameType | None) -> None:
        if folder.stop_request.exists():
            raise KeyboardInterrupt
        folder.request_stop(INTERRUPT)
        notify(NOTICE)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
