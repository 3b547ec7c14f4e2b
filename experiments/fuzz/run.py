"""Feeds a target damaged files and keeps those that it neither reads nor refuses in one line."""

import random
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psutil

from experiments.fuzz.mutations import mutated
from experiments.fuzz.targets import Target
from sweepbox.detection.core.errors import SweepboxError

TIME_LIMIT_S = 10.0
"""The most time that one file may take."""
MEMORY_BYTES = 2 * 2**30
"""The most memory that the process may take beyond what it has at the beginning."""
LONGEST_MESSAGE = 20_000


@dataclass(frozen=True)
class Failure:
    """A file that a target neither read nor refused as it should: what happened, and the file's content."""

    target: str
    number: int
    reason: str
    content: bytes


@dataclass(frozen=True)
class Result:
    """What became of the files of a target."""

    target: str
    inputs: int
    refused: int
    slowest_s: float
    failures: tuple[Failure, ...]


class _TooSlowError(BaseException):
    """A file has taken too long; no reader catches it."""


def fuzz(target: Target, folder: Path, *, inputs: int, seed: int) -> Result:
    """Feed a target `inputs` damaged files; the same seed gives the same files.

    Args:
        target: What reads the files.
        folder: An empty folder to work in.
        inputs: The number of files.
        seed: Decides all changes.
    """
    read, path = target.prepare(folder)
    failures: list[Failure] = []
    refused, slowest_s = 0, 0.0
    with _limited_memory():
        for number in range(inputs):
            content = mutated(target.seeds, random.Random(f"{seed} {target.name} {number}"))  # noqa: S311
            path.write_bytes(content)
            began = time.monotonic()
            reason: str | None = None
            try:
                with _limited_time():
                    read(path)
            except SweepboxError as error:
                refused += 1
                reason = _bad_message(str(error))
            except _TooSlowError:
                reason = f"took more than {TIME_LIMIT_S:.0f} s"
            except OSError as error:
                refused += 1
                reason = None if error.filename else f"OSError without a file: {error}"
            except Exception as error:  # noqa: BLE001 - any other error is what this looks for
                reason = f"{type(error).__name__}: {error}"
            slowest_s = max(slowest_s, time.monotonic() - began)
            if reason is not None:
                failures.append(Failure(target.name, number, reason, content))
    return Result(target.name, inputs, refused, slowest_s, tuple(failures))


def _bad_message(message: str) -> str | None:
    """Return what is wrong with a refusal: it is empty or endless."""
    if not message.strip():
        return "refused without a message"
    return f"refused in {len(message)} characters" if len(message) > LONGEST_MESSAGE else None


@contextmanager
def _limited_time() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _TooSlowError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, TIME_LIMIT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _limited_memory() -> Iterator[None]:
    """Make larger allocations fail, which shows as MemoryError."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (psutil.Process().memory_info().vms + MEMORY_BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
