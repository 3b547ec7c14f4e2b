"""The trials of a sweep in the model of its report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CurveModel:
    """The evaluations of a trial, one entry of each list for each evaluation.

    Attributes:
        evaluations: The numbers of the evaluations, from 1; some may be left out, see `ThinningModel`.
        steps: The training steps.
        seconds: The time in the trial up to the evaluation.
        metrics: The values of the goals and of a few other metrics, by name; None where it was not reported.
    """

    evaluations: tuple[int, ...]
    steps: tuple[int, ...]
    seconds: tuple[float, ...]
    metrics: Mapping[str, tuple[float | None, ...]]


@dataclass(frozen=True)
class RunModel:
    """A time in which a trial ran without a break, from `begin` to `end`, seconds since the epoch.

    `worker` is the index of an entry of `ReportModel.workers`.
    """

    worker: int
    begin: float
    end: float


@dataclass(frozen=True)
class WorkerModel:
    """A place where one trial at a time runs; `busy_s` is how long it was busy.

    Workers of a machine without GPUs of their own are told apart by which trials ran at the same time.
    """

    name: str
    host: str | None
    gpus: str | None
    busy_s: float


@dataclass(frozen=True)
class TrialModel:
    """One trial. The fields up to `error` are those of earlier versions of `sweepbox status --json`.

    Attributes:
        id: Its id, such as `0004`.
        state: `pending`, `running`, `paused`, `stopped_early`, `finished`, `failed` or `interrupted`.
        evaluations: The number of its evaluations.
        step: The training steps so far.
        metrics: All metrics of its best evaluation; empty before the first.
        best_evaluation: The number of its best evaluation.
        last_metrics: All metrics of its last evaluation.
        changes: The fields that its config changes of the base config, by path, with their values.
        parameters: The values that the sampler suggested.
        seconds: The time spent on it.
        evaluation_s: The part of that for evaluating.
        images_per_s: The images a second of its training.
        input_wait_fraction: The share of the training in which it waited for input, from 0 to 1.
        origin: Why it exists: `base`, `point`, `sampled`, `copied`, `confirmed` or `extended`.
        redraws: How many suggestions before it did not meet the requirements.
        duplicate_of: The trial with the same config and seed whose results it has.
        copied_from: `{trial, evaluation}` whose weights it starts from.
        error: The first line of the error that ended it.
        infeasible: What it has too little of even alone: `memory`; None for all others.
        fold: `{number, count}` of the fold of a cross-validation that it validates on; None for all others.
        segments: `{step, trial, fingerprint, parameters}` of the configs of a training that changes its config.
        value: The first goal of its best evaluation.
        values: All goals of its best evaluation, by label.
        feasible: Whether its best evaluation meets all constraints; None before the first.
        settings: Its parameters, or else its changes, on one line.
        seed: The seed of its training.
        fingerprint: A hash of its config.
        total_steps: The training steps that it has at most.
        total_evaluations: The evaluations that it has at most.
        attempts: How many processes have run it; above 1 it was resumed.
        rungs_passed: At how many rungs of the stopping rule it was let continue.
        confirms: The trial of the search whose config it trains again; None for all others.
        replaces: The trial that it replaces in a population.
        stopped_by_request: Whether a person stopped it.
        started: When it began, in seconds since the epoch.
        ended: When it ended.
        traceback: The traceback of a failed trial.
        curve: Its evaluations.
        runs: When and where it ran.
    """

    id: str
    state: str
    evaluations: int
    step: int
    metrics: Mapping[str, float]
    best_evaluation: int | None
    last_metrics: Mapping[str, float]
    changes: Mapping[str, Any]
    parameters: Mapping[str, Any]
    seconds: float
    evaluation_s: float | None
    images_per_s: float | None
    input_wait_fraction: float | None
    origin: str
    redraws: int
    duplicate_of: str | None
    copied_from: Mapping[str, Any] | None
    error: str | None
    infeasible: str | None
    fold: Mapping[str, int] | None
    segments: Sequence[Mapping[str, Any]]
    value: float | None
    values: Mapping[str, float]
    feasible: bool | None
    settings: str
    seed: int
    fingerprint: str
    total_steps: int
    total_evaluations: int
    attempts: int
    rungs_passed: int
    confirms: str | None
    replaces: str | None
    stopped_by_request: bool
    started: float | None
    ended: float | None
    traceback: str | None
    curve: CurveModel
    runs: tuple[RunModel, ...]
