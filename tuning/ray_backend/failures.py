"""Sorts how Ray reports that a trial ended: out of memory, with its machine, or by a death of its process."""

from pathlib import Path
from typing import Any, cast

from ray import cloudpickle
from ray.exceptions import NodeDiedError, OutOfMemoryError, RayActorError, RayError, RayTaskError

from sweepbox.tuning.ray_backend.retries import Cause, Failure
from sweepbox.tuning.trial.out_of_memory import memory_cause
from sweepbox.tuning.trial.termination import ProcessTerminatedError

PROCESS_DIED = "the trial's process died"
LOW_ON_MEMORY = "running low on memory"
"""What Ray's memory monitor says of a process that it has killed."""


def failure_of(error: BaseException | None, *, machine_is_gone: bool, was_killed_for_memory: bool) -> Failure:
    """Return the failure of a trial.

    Args:
        error: What Ray keeps of it.
        machine_is_gone: Whether the machine on which the trial ran has left the cluster.
        was_killed_for_memory: Whether the kernel has killed a process there since the trial started.
    """
    if isinstance(error, OutOfMemoryError):
        return Failure(Cause.MEMORY, "Ray ended the process because its machine ran out of memory")
    if isinstance(error, RayTaskError):
        cause = error.cause if isinstance(error.cause, BaseException) else error
        if isinstance(cause, ProcessTerminatedError):
            return Failure(Cause.MACHINE, str(cause))
        memory = memory_cause(cause) or memory_cause(error)
        return Failure(Cause.DEATH, _last_line(error)) if memory is None else Failure(Cause.MEMORY, memory)
    is_preempted = isinstance(error, RayActorError) and error.preempted
    if machine_is_gone or is_preempted or isinstance(error, NodeDiedError):
        return Failure(Cause.MACHINE, "the trial's machine has left the cluster")
    if was_killed_for_memory:
        return Failure(Cause.MEMORY, "the system killed the process because its machine ran out of memory")
    return Failure(Cause.DEATH, _last_line(error))


def error_of(trial: Any) -> BaseException | None:
    """Return the error by which Ray ended a trial, from the files that Ray wrote in this process.

    Ray writes errors of tasks and actors whole, and of others only the text.
    """
    if trial.pickled_error_file is not None:
        return cast("BaseException", cloudpickle.loads(Path(trial.pickled_error_file).read_bytes()))
    if trial.error_file is None:
        return None
    text = Path(trial.error_file).read_text(encoding="utf-8", errors="replace")
    kind: type[Exception] = OutOfMemoryError if LOW_ON_MEMORY in text else RayError
    return kind(text)


def _last_line(error: BaseException | None) -> str:
    """Return the last line of an error's text."""
    lines = [line.strip() for line in str(error or "").splitlines() if line.strip()]
    return lines[-1] if lines else PROCESS_DIED
