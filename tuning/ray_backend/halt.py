"""Stops a sweep for a cause outside its trials, which are left to be resumed."""

from collections.abc import Iterator
from contextlib import contextmanager

from sweepbox.detection.core.errors import SweepboxError, UnavailableError
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.trial.outside_cause import outside_cause

OUTSIDE = "a cause outside the trials"


class Halt:
    """Keeps why a sweep has to stop.

    Attributes:
        cause: One line on the first cause; None while there is none.
    """

    def __init__(self, folder: SweepFolder) -> None:
        self._folder = folder
        self.cause: str | None = None

    def stop(self, cause: str) -> None:
        """Ask all trials to save their state and end; OSError where the request cannot be written."""
        if self.cause is None:
            self.cause = cause
            self._folder.request_stop(OUTSIDE)

    def request(self, reason: str) -> None:
        """Ask all trials to save their state and end, once; the caller raises the error itself."""
        if not self._folder.stop_request.exists():
            self._folder.request_stop(reason)

    @contextmanager
    def raised(self) -> Iterator[None]:
        """Raise UnavailableError at the end of the block where there is such a cause."""
        try:
            yield
        except SweepboxError:
            if self.cause is None:
                raise
            raise self._error() from None
        except Exception as error:
            self.cause = self.cause or outside_cause(error)
            if self.cause is None:
                raise
            raise self._error() from error
        if self.cause is not None:
            raise self._error()

    def _error(self) -> UnavailableError:
        return UnavailableError(
            f"{self._folder.address}: the sweep stops, its trials are kept: {self.cause}; then resume it with "
            f"`{self._folder.resume_command}`"
        )
