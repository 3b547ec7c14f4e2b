import errno
from collections.abc import Callable

import pytest

from sweepbox.detection.core.remote.retries import Retry, is_passing


class Clock:
    """A clock that only `sleep` moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)


def failing(times: int, error: Exception) -> Callable[[], int]:
    """Return a function that raises an error for some calls, then returns their number."""
    calls: list[None] = []

    def work() -> int:
        calls.append(None)
        if len(calls) <= times:
            raise error
        return len(calls)

    return work


def test_pauses_grow_up_to_the_longest_and_vary() -> None:
    clock = Clock()
    retry = Retry(deadline_s=600.0, first_s=1.0, longest_s=8.0, clock=clock, sleep=clock.sleep)
    assert retry.call(failing(6, OSError("AWS Error SLOW_DOWN (HTTP status 503)"))) == 7
    for pause, longest in zip(clock.pauses, [1, 2, 4, 8, 8, 8], strict=True):
        assert longest / 2 <= pause <= longest


def test_the_deadline_ends_it_with_the_last_error() -> None:
    clock = Clock()
    retry = Retry(deadline_s=30.0, clock=clock, sleep=clock.sleep)
    with pytest.raises(TimeoutError):
        retry.call(failing(10**6, TimeoutError("no answer")))
    assert 15.0 <= clock.now <= 30.0


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (FileNotFoundError("x"), False),
        (PermissionError("x"), False),
        (OSError(errno.ENOSPC, "full"), False),
        (OSError("AWS Error ACCESS_DENIED during PutObject"), False),
        (OSError("AWS Error NO_SUCH_BUCKET during PutObject"), False),
        (ValueError("x"), False),
        (OSError(errno.EIO, "input/output error"), True),
        (ConnectionResetError(errno.ECONNRESET, "x"), True),
        (OSError("AWS Error NETWORK_CONNECTION during PutObject"), True),
        (RuntimeError("an error of a driver"), True),
    ],
)
def test_only_errors_that_may_pass_are_repeated(error: Exception, passes: bool) -> None:
    assert is_passing(error) is passes
