"""The records in a trial's folder: its status, its evaluations, its changes of the base config."""

import json
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from sweepbox.detection.config.difference import Change
from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.files import write_json, write_text
from sweepbox.tuning.search.observation import Attributes
from sweepbox.tuning.spec.schema import Scalar
from sweepbox.tuning.storage.folder import TrialFolder


class Origin(StrEnum):
    """Why a trial exists."""

    BASE = "base"
    POINT = "point"
    SAMPLED = "sampled"
    CONFIRMED = "confirmed"
    EXTENDED = "extended"


class TrialState(StrEnum):
    """The state of a trial."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED_EARLY = "stopped_early"
    FINISHED = "finished"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def has_ended(self) -> bool:
        """Whether the trial is over; an interrupted or paused one can continue."""
        return self in (TrialState.STOPPED_EARLY, TrialState.FINISHED, TrialState.FAILED)


_NAMES_OF_FORMAT_1 = {"engine_reused": "compiled_run_reused", "program": "compile_key"}
"""Fields of `state.json` that format 1 names otherwise."""


@dataclass(frozen=True)
class TrialStatus:
    """A trial's state; times are seconds since the epoch.

    Attributes:
        seed: The seed of its training.
        fingerprint: A hash of its config.
        parameters: The values that the sampler suggested.
        sampler_attributes: Values that the sampler stored with the suggestion; empty in records of format 1.
        redraws: How many suggestions before it did not meet the requirements.
        compile_key: The id of the program that its config compiles to; None in records of format 1.
        origin: Why the trial exists.
        step: The steps trained so far, as it wrote them last.
        seconds: The time spent on the trial so far.
        gpu_seconds: The same, times the share of a GPU that it held; None where an older version did not count.
        attempts: How many processes have run it.
        compiled_run_reused: Whether its process had compiled its program before.
        initial_weights: One line on what was loaded over the drawn weights.
        host: The machine that it ran on last, and in `gpus` the numbers of the GPUs there.
        duplicate_of: The id of the earlier trial that has the same config and seed.
        error: The first line of the error that ended it.
    """

    state: TrialState
    seed: int
    fingerprint: str
    total_steps: int
    total_evaluations: int
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    sampler_attributes: Attributes = field(default_factory=dict)
    redraws: int = 0
    compile_key: str | None = None
    origin: Origin = Origin.SAMPLED
    step: int = 0
    loss: float | None = None
    images_per_s: float | None = None
    seconds: float = 0.0
    gpu_seconds: float | None = None
    started: float | None = None
    ended: float | None = None
    attempts: int = 0
    compiled_run_reused: bool = False
    initial_weights: str | None = None
    host: str | None = None
    gpus: str | None = None
    duplicate_of: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class Evaluation:
    """One evaluation of a trial: its number from 1, the training step, the time and the metrics.

    `seconds` is the time since the evaluation before, of which `evaluation_s` is the evaluation itself and the
    rest training; `images_per_s` and `input_wait_fraction`, the share of the time that steps waited for
    batches, are those of the training. None where an older version did not record it.
    """

    evaluation: int
    step: int
    time: float
    seconds: float
    metrics: Mapping[str, float]
    evaluation_s: float | None = None
    images_per_s: float | None = None
    input_wait_fraction: float | None = None


def read_status(folder: TrialFolder) -> TrialStatus:
    """Return the status of a trial; SweepError if its state file is damaged."""
    try:
        given: dict[str, Any] = json.loads(folder.status.read_text())
        fields = {_NAMES_OF_FORMAT_1.get(name, name): value for name, value in given.items()}
        origin = Origin(fields.get("origin", Origin.SAMPLED))
        return TrialStatus(**{**fields, "state": TrialState(fields["state"]), "origin": origin})
    except (ValueError, TypeError, KeyError) as error:
        raise SweepError(
            f"{folder.status}: damaged ({error}); delete {folder.path} to drop the trial"
        ) from error


def write_status(folder: TrialFolder, status: TrialStatus) -> None:
    """Write the status of a trial, atomically."""
    write_json(folder.status, asdict(status))


def end_trial(folder: TrialFolder, state: TrialState, *, error: str | None = None) -> TrialStatus:
    """Write that a trial has ended in `state`, and return its status."""
    status = replace(read_status(folder), state=state, ended=time.time())
    status = status if error is None else replace(status, error=error)
    write_status(folder, status)
    return status


def read_evaluations(folder: TrialFolder) -> tuple[Evaluation, ...]:
    """Return a trial's evaluations in order; a last line that a crash tore is left out."""
    if not folder.metrics.is_file():
        return ()
    evaluations = []
    for line in folder.metrics.read_text().splitlines():
        try:
            evaluations.append(parse_evaluation(line))
        except (ValueError, TypeError):
            break
    return tuple(evaluations)


def _with_shared_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON; its names, those of some thirty metrics, are held once for all evaluations."""
    return {sys.intern(name): value for name, value in pairs}


def evaluation_text(evaluation: Evaluation) -> str:
    """Return an evaluation as one line of JSON; a metric that is not finite raises ValueError."""
    return json.dumps(asdict(evaluation), allow_nan=False)


def parse_evaluation(text: str) -> Evaluation:
    """Return the evaluation that `evaluation_text` wrote; ValueError or TypeError where it is another text."""
    return Evaluation(**json.loads(text, object_pairs_hook=_with_shared_names))


def append_evaluation(folder: TrialFolder, evaluation: Evaluation) -> None:
    """Add one line to a trial's evaluations; a metric that is not finite raises ValueError."""
    with folder.metrics.open("a") as file:
        file.write(evaluation_text(evaluation) + "\n")


def write_evaluations(folder: TrialFolder, evaluations: Iterable[Evaluation]) -> None:
    """Write all evaluations anew, atomically."""
    write_text(folder.metrics, "".join(evaluation_text(evaluation) + "\n" for evaluation in evaluations))


def read_changes(folder: TrialFolder) -> tuple[Change, ...]:
    """Return what the trial's config changes of the base."""
    if not folder.changes.is_file():
        return ()
    return tuple(Change(**change) for change in json.loads(folder.changes.read_text()))


def write_changes(folder: TrialFolder, changes: Iterable[Change]) -> None:
    """Write what the trial's config changes of the base."""
    write_json(folder.changes, [asdict(change) for change in changes])
