"""The records in a trial's folder: its status, its evaluations, its changes of the base config."""

import json
import os
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import AfterValidator, AliasChoices, ConfigDict, Field

from sweepbox.detection.config.change import Change
from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.files import write_json, write_text
from sweepbox.detection.core.limits import JSON_BYTES
from sweepbox.detection.core.regular_files import read_limited
from sweepbox.tuning.search.observation import Attributes
from sweepbox.tuning.spec.schema import Scalar
from sweepbox.tuning.storage.checksum import with_checksum, without_checksum
from sweepbox.tuning.storage.folder import TrialFolder
from sweepbox.tuning.storage.json_records import STRICT, parse_record, read_record, write_record


class Origin(StrEnum):
    """Why a trial exists."""

    BASE = "base"
    POINT = "point"
    SAMPLED = "sampled"
    COPIED = "copied"
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


Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]
PROGRAM = Field(validation_alias=AliasChoices("compile_key", "program"))
REUSED = Field(validation_alias=AliasChoices("compiled_run_reused", "engine_reused"))
"""Fields of `state.json` that format 1 names otherwise."""
LINE_START = b'{"evaluation": '
"""What each line of `metrics.jsonl` begins with."""


def _with_shared_names(metrics: Mapping[str, float]) -> Mapping[str, float]:
    """Return metrics whose names, some thirty, are held once for all evaluations."""
    return {sys.intern(name): value for name, value in metrics.items()}


@dataclass(frozen=True)
class CopiedFrom:
    """The trial and the number of its evaluation whose weights and optimizer state a trial starts from.

    `step` is the step of these; None where an older version did not record it, then that of the evaluation.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    trial: str
    evaluation: Count
    step: Count | None = None


@dataclass(frozen=True)
class Segment:
    """A part of a training under one config.

    Attributes:
        step: The step at which it begins.
        trial: The trial of the search whose config it is.
        fingerprint: A hash of the config.
        parameters: The values that the sampler suggested.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    step: Count
    trial: str
    fingerprint: str
    parameters: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True)
class Fold:
    """A fold of a cross-validation: its number from 1, and how many there are; see `Division`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    number: Annotated[int, Field(ge=1)]
    count: Annotated[int, Field(ge=2)]

    def __str__(self) -> str:
        """Return it in words."""
        return f"fold {self.number} of {self.count}"


@dataclass(frozen=True)
class TrialStatus:
    """A trial's state; times are seconds since the epoch.

    Attributes:
        seed: The seed of its training.
        fingerprint: A hash of its config.
        weights_fingerprint: A hash of its weights at its last evaluation; None before the first.
        parameters: The values that the sampler suggested.
        sampler_attributes: Values that the sampler stored with the suggestion; empty in records of format 1.
        redraws: How many suggestions before it did not meet the requirements.
        compile_key: The id of the program that its config compiles to; None in records of format 1.
        origin: Why the trial exists.
        copied_from: The evaluation of another trial that it continues, under a config of its own.
        replaces: The trial that it replaces in a population.
        segments: The configs of a training that changes its config, of which the last is the trial's own (see
            `TrialFolder.segment_config`); empty where there is one.
        fold: The fold that it validates on while it trains on all others; None where it uses the parts of the
            data as they are.
        request: The id of the request that it was made for, beyond the sweep's number of trials.
        step: The steps trained so far, as it wrote them last.
        seconds: The time spent on the trial so far.
        gpu_seconds: The same, times the share of a GPU that it held; None where an older version did not count.
        attempts: How many processes have run it.
        compiled_run_reused: Whether its process had compiled its program before.
        initial_weights: One line on what was loaded over the drawn weights.
        host: The machine that it ran on last, and in `gpus` the numbers of the GPUs there.
        duplicate_of: The id of the earlier trial that has the same config and seed.
        error: The first line of the error that ended it.
        stopped_by_request: Whether a person, not the stopping rule, stopped it early.
        out_of_memory: How often it ran out of memory. After the first time it runs alone.
        infeasible: What it has too little of even alone, such as `memory`; its state is `failed` then.
        is_compiling: Whether its process has started or compiles, so that no step is expected soon.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    state: TrialState
    seed: int
    fingerprint: str
    total_steps: Count
    total_evaluations: Count
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    sampler_attributes: Attributes = field(default_factory=dict)
    redraws: Count = 0
    weights_fingerprint: str | None = None
    compile_key: Annotated[str | None, PROGRAM] = None
    origin: Origin = Origin.SAMPLED
    copied_from: CopiedFrom | None = None
    replaces: str | None = None
    segments: tuple[Segment, ...] = ()
    fold: Fold | None = None
    request: str | None = None
    step: Count = 0
    loss: float | None = None
    images_per_s: float | None = None
    seconds: Seconds = 0.0
    gpu_seconds: Seconds | None = None
    started: float | None = None
    ended: float | None = None
    attempts: Count = 0
    compiled_run_reused: Annotated[
        bool, Field(validation_alias=AliasChoices("compiled_run_reused", "engine_reused"))
    ] = False
    initial_weights: str | None = None
    host: str | None = None
    gpus: str | None = None
    duplicate_of: str | None = None
    error: str | None = None
    stopped_by_request: bool = False
    out_of_memory: Count = 0
    infeasible: str | None = None
    is_compiling: bool = False

    @property
    def is_planned(self) -> bool:
        """Whether it counts to the sweep's number of trials: no copy, not added by request, no confirmation."""
        return self.replaces is None and self.request is None and not self.is_confirmation

    @property
    def is_confirmation(self) -> bool:
        """Whether it trains a finalist of the search again."""
        return self.origin is Origin.CONFIRMED

    @property
    def own_step(self) -> int:
        """The step from which it trains under its own config; above 0 where its config changes."""
        return self.segments[-1].step if self.segments else 0

    def own(self, evaluations: "tuple[Evaluation, ...]") -> "tuple[Evaluation, ...]":
        """Return those of its evaluations that it made under its own config, of which the best counts."""
        if not self.segments:
            return evaluations
        return tuple(item for item in evaluations if item.step > self.own_step)

    @property
    def first_evaluation(self) -> int:
        """The number of the trial's first evaluation."""
        return 1 if self.copied_from is None else self.copied_from.evaluation + 1


@dataclass(frozen=True)
class Evaluation:
    """One evaluation of a trial: its number from 1, the training step, the time and the metrics.

    `seconds` is the time since the evaluation before, of which `evaluation_s` is the evaluation itself and the
    rest training; `images_per_s` and `input_wait_fraction`, the share of the time that steps waited for
    batches, are those of the training. None where an older version did not record it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    evaluation: Count
    step: Count
    time: float
    seconds: Seconds
    metrics: Annotated[Mapping[str, float], AfterValidator(_with_shared_names)]
    evaluation_s: float | None = None
    images_per_s: float | None = None
    input_wait_fraction: float | None = None


@dataclass(frozen=True)
class ChangeEntry:
    """A `Change` in `changes.json`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    path: str
    before: Scalar | None
    after: Scalar | None


def read_status(folder: TrialFolder) -> TrialStatus:
    """Return the status of a trial; SweepError if its state file is missing or damaged."""
    return read_record(TrialStatus, folder.status, remedy=_remedy(folder))


def write_status(folder: TrialFolder, status: TrialStatus) -> None:
    """Write the status of a trial, atomically."""
    write_record(status, folder.status)


def end_trial(folder: TrialFolder, state: TrialState, *, error: str | None = None) -> TrialStatus:
    """Write that a trial has ended in `state`, and return its status."""
    status = replace(read_status(folder), state=state, ended=time.time(), is_compiling=False)
    status = status if error is None else replace(status, error=error)
    write_status(folder, status)
    return status


def read_evaluations(folder: TrialFolder, *, first: int = 1) -> tuple[Evaluation, ...]:
    """Return a trial's evaluations, from number `first`; a last line that a crash tore is left out.

    Raises:
        SweepError: Another line is damaged, or an evaluation is missing before a later one.
    """
    try:
        *lines, tail = read_limited(folder.metrics, JSON_BYTES).split(b"\n")
    except FileNotFoundError:
        return ()
    except IsADirectoryError:
        raise SweepError(f"{folder.metrics}: it is not a file; {_remedy(folder)}") from None
    except ValueError as error:
        raise SweepError(f"{folder.metrics}: {error}; {_remedy(folder)}") from None
    if not _is_torn(tail):
        lines.append(tail)
    return tuple(
        _evaluation_at(folder, number, line, expected=first + number - 1)
        for number, line in enumerate(lines, start=1)
    )


def read_results(folder: TrialFolder, status: TrialStatus) -> tuple[Evaluation, ...]:
    """Return the evaluations of a trial of this status; SweepError where a finished one has lost its last."""
    evaluations = read_evaluations(folder, first=status.first_evaluation)
    last = evaluations[-1].step if evaluations else 0
    if status.state is TrialState.FINISHED and last != status.step:
        raise SweepError(
            f"{folder.metrics}: the evaluations end at step {last}, the trial has finished at step "
            f"{status.step}; {_remedy(folder)}"
        )
    return evaluations


def _evaluation_at(folder: TrialFolder, number: int, line: bytes, *, expected: int) -> Evaluation:
    """Return the evaluation in a line, from 1, which has the number `expected`."""
    try:
        evaluation = parse_record(Evaluation, without_checksum(line))
        if evaluation.evaluation != expected:
            raise ValueError(f"this is evaluation {evaluation.evaluation}")
    except ValueError as error:
        raise SweepError(f"{folder.metrics}:{number}: damaged ({error}); {_remedy(folder)}") from error
    return evaluation


def _is_torn(tail: bytes) -> bool:
    """Return whether what stands after the last line's end is nothing, or the beginning of an evaluation."""
    if tail[: len(LINE_START)] != LINE_START[: len(tail)]:
        return False
    try:
        parse_record(Evaluation, without_checksum(tail))
    except ValueError:
        return True
    return False


def _remedy(folder: TrialFolder) -> str:
    return f"restore the file, or delete {folder.path} to drop the trial"


def evaluation_text(evaluation: Evaluation) -> str:
    """Return an evaluation as one line of JSON; a metric that is not finite raises ValueError."""
    return json.dumps(asdict(evaluation), allow_nan=False)


def parse_evaluation(text: str) -> Evaluation:
    """Return the evaluation that `evaluation_text` wrote; ValueError where it is another text."""
    return parse_record(Evaluation, text)


def append_evaluation(folder: TrialFolder, evaluation: Evaluation) -> None:
    """Add one line to a trial's evaluations; a metric that is not finite raises ValueError."""
    with folder.metrics.open("a") as file:
        file.write(_line(evaluation))
        file.flush()
        os.fsync(file.fileno())  # the state to resume from is on the disk, too


def write_evaluations(folder: TrialFolder, evaluations: Iterable[Evaluation]) -> None:
    """Write all evaluations anew, atomically."""
    write_text(folder.metrics, "".join(map(_line, evaluations)), makes_folder=False)


def _line(evaluation: Evaluation) -> str:
    return with_checksum(evaluation_text(evaluation)) + "\n"


def read_changes(folder: TrialFolder) -> tuple[Change, ...]:
    """Return what the trial's config changes of the base; SweepError where the file is missing or damaged."""
    entries = read_record(list[ChangeEntry], folder.changes, remedy=_remedy(folder))
    return tuple(Change(entry.path, entry.before, entry.after) for entry in entries)


def write_changes(folder: TrialFolder, changes: Iterable[Change]) -> None:
    """Write what the trial's config changes of the base."""
    write_json(folder.changes, [asdict(change) for change in changes])
