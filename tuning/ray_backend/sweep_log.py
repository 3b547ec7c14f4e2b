"""The log of a sweep, in its folder."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sweepbox.tuning.ray_backend.cluster import LOG_FORMAT
from sweepbox.tuning.storage.folder import SweepFolder


class _LogFile(logging.FileHandler):
    """A log that loses lines where its disk is full; logging would print a traceback for each."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name that logging calls
        """Print nothing."""


@contextmanager
def log_to(folder: SweepFolder) -> Iterator[None]:
    """Write what the sweep and Ray log to the folder's log.txt, what Ray logs nowhere else."""
    import ray  # noqa: F401 - sets its logger up, which is replaced here

    handler = _LogFile(folder.log, encoding="utf-8")
    handler.setFormatter(logging.Formatter(LOG_FORMAT))
    loggers = {logging.getLogger("sweepbox"): logging.INFO, logging.getLogger("ray"): logging.ERROR}
    before = {logger: (logger.level, list(logger.handlers)) for logger in loggers}
    for logger, level in loggers.items():
        logger.setLevel(level)
        logger.handlers = [handler]
    try:
        yield
    finally:
        for logger, (level, handlers) in before.items():
            logger.setLevel(level)
            logger.handlers = handlers
        with suppress(OSError):  # the disk may be full
            handler.close()
