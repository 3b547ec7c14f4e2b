"""What Ray prints on its own account goes to the log instead."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

logger = logging.getLogger(__name__)
logger.addHandler(logging.NullHandler())  # else Python prints what arrives when the log is closed


RAY_THREAD = "ray_"
"""What the names of Ray's threads begin with."""


@contextmanager
def errors_to_log() -> Iterator[None]:
    """Within the block, send to the log what Ray would print of errors of the cluster, with colours.

    That is for instance the end of the raylet's log when a raylet has died, and tracebacks of its threads that
    lose the connection. Ray has no setting for it.
    """
    from ray._private import worker

    printed, raised = worker.print_to_stdstream, threading.excepthook

    def log(data: dict[str, Any], *_given: Any, **_options: Any) -> None:
        logger.error("%s", "\n".join(map(str, data.get("lines", ()))))

    def log_raised(error: threading.ExceptHookArgs) -> None:
        if error.thread is not None and error.thread.name.startswith(RAY_THREAD):
            logger.error("%s: %s: %s", error.thread.name, error.exc_type.__name__, error.exc_value)
        else:
            raised(error)

    worker.print_to_stdstream, threading.excepthook = log, log_raised
    try:
        yield
    finally:
        if not worker.global_worker.connected:  # a Ray that could not be left may still have errors to print
            worker.print_to_stdstream, threading.excepthook = printed, raised
