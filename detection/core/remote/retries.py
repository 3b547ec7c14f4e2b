"""When and how often an operation on a store is repeated."""

import errno
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sweepbox.detection.core.errors import SweepboxError

Result = TypeVar("Result")

_LASTING = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, FileExistsError)
_PASSING_ERRNOS = {errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ECONNREFUSED, errno.ECONNRESET, errno.EPIPE}
_LASTING_TEXT = re.compile(
    r"ACCESS_DENIED|INVALID_ACCESS_KEY|INVALID_CLIENT_TOKEN|SIGNATURE|NO_SUCH_|RESOURCE_NOT_FOUND|MISSING_AUTH"
    r"|No response body|UNAUTHENTICATED|PERMISSION_DENIED|HTTP status (400|401|403|404)"
)


def is_passing(error: BaseException) -> bool:
    """Return whether an error of a store may pass by itself: throttling, a timeout, a broken connection.

    Errors of unknown kind count as passing, as each driver has exceptions of its own; a file that is not there,
    a right that is missing and a full disk do not.
    """
    if isinstance(error, (*_LASTING, SweepboxError, ValueError, TypeError, ImportError)):
        return False
    if isinstance(error, OSError) and error.errno is not None and not isinstance(error, ConnectionError):
        return error.errno in _PASSING_ERRNOS
    return _LASTING_TEXT.search(str(error)) is None


@dataclass(frozen=True)
class Retry:
    """Repeats an operation with exponential backoff and jitter, until a deadline.

    Attributes:
        deadline_s: For how long an operation is repeated; 0 for not at all.
        first_s: The longest first pause; each pause may be twice as long as the one before.
        longest_s: The longest pause.
        clock: Returns the time in seconds.
        sleep: Waits for some seconds.
    """

    deadline_s: float = 20.0
    first_s: float = 0.2
    longest_s: float = 10.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep

    def call(self, work: Callable[[], Result]) -> Result:
        """Return what `work` returns; its error where that does not pass, or not before the deadline."""
        end = self.clock() + self.deadline_s
        attempt = 0
        while True:
            try:
                return work()
            except Exception as error:
                pause = self.pause_s(attempt)
                if not is_passing(error) or self.clock() + pause > end:
                    raise
            self.sleep(pause)
            attempt += 1

    def pause_s(self, attempt: int) -> float:
        """Return the pause after a failed attempt, counted from 0; it is random, so that writers spread."""
        longest = min(self.longest_s, self.first_s * 2.0 ** min(attempt, 30))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
