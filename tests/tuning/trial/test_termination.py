"""SIGTERM to a process that works, and to one that does not."""

import os
import signal
from collections.abc import Iterator
from types import FrameType

import pytest

from sweepbox.tuning.trial.termination import ProcessTerminatedError, Termination


class EndedError(Exception):
    """What the process does on SIGTERM without us."""


@pytest.fixture
def termination() -> Iterator[Termination]:
    def end(_number: int, _frame: FrameType | None) -> None:
        raise EndedError

    before = signal.signal(signal.SIGTERM, end)
    termination = Termination()
    termination.install()
    yield termination
    signal.signal(signal.SIGTERM, before)


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_a_process_that_works_is_asked_once(termination: Termination) -> None:
    with termination.working():
        terminate()
        assert termination.is_requested
        with pytest.raises(EndedError):
            terminate()
    with pytest.raises(ProcessTerminatedError), termination.working():
        raise AssertionError("no work begins after that")


def test_a_process_that_does_not_work_ends_at_once(termination: Termination) -> None:
    with termination.working():
        pass
    with pytest.raises(EndedError):
        terminate()
    assert not termination.is_requested
