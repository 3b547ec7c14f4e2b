"""What Ray prints on its own account goes to the log instead."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

logger = logging.getLogger(__name__)
logger.addHandler(logging.NullHandler())  # else Python prints what arrives when the log is closed


@contextmanager
def errors_to_log() -> Iterator[None]:
    """Within the block, send to the log what Ray would print of errors of the cluster, with colours.

    That is for instance the end of the raylet's log when a raylet has died. Ray has no setting for it.
    """
    from ray._private import worker

    printed = worker.print_to_stdstream

    def log(data: dict[str, Any], *_given: Any, **_options: Any) -> None:
        logger.error("%s", "\n".join(map(str, data.get("lines", ()))))

    worker.print_to_stdstream = log
    try:
        yield
    finally:
        if not worker.global_worker.connected:  # a Ray that could not be left may still have errors to print
            worker.print_to_stdstream = printed
