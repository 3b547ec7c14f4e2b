"""What Ray prints on its own account goes to the log instead."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

logger = logging.getLogger("ray")


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
        worker.print_to_stdstream = printed
