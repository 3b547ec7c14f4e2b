"""Filters the start-up messages of native libraries from the terminal."""

import os
import re
import sys
import threading
from contextlib import suppress

CHATTER = re.compile(
    rb"^(WARNING: All log messages before absl|[IWE]0000 |To enable the following instructions: )"
)
"""Messages that TensorFlow's C++ code prints at start-up at any log level."""


def filter_native_stderr() -> None:
    """Send what native code writes to standard error through a filter that drops lines of `CHATTER`.

    Python's own `sys.stderr` keeps writing to the terminal directly, and is still seen as one.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    terminal = os.dup(2)
    sys.stderr = os.fdopen(terminal, "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace")
    readable, writable = os.pipe()
    os.dup2(writable, 2)
    os.close(writable)
    threading.Thread(target=_forward, args=(readable, terminal), name="stderr-filter", daemon=True).start()


def _forward(readable: int, terminal: int) -> None:
    """Copy lines until the process ends."""
    with os.fdopen(readable, "rb") as lines:
        for line in lines:
            if not CHATTER.match(line):
                with suppress(OSError):
                    os.write(terminal, line)
