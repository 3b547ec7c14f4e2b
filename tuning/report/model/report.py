"""The state of a sweep as the report page shows it and as `sweepbox status --json` prints it.

docs/report.md documents every field. All values are plain: text, numbers, sequences and mappings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from sweepbox.tuning.report.model.sections import DataModel, PairedModel, SearchModel
from sweepbox.tuning.report.model.trial import TrialModel, WorkerModel
from sweepbox.tuning.report.model.verdict import CommandModel, VerdictModel

FORMAT = 1
"""The version of this model; fields may be added within a version."""


@dataclass(frozen=True)
class GoalModel:
    """A goal of the objective; `mode` is `max` or `min`."""

    label: str
    mode: str


@dataclass(frozen=True)
class ParameterModel:
    """A parameter of the search space with more than one value.

    Attributes:
        name: Its name.
        kind: `log_uniform`, `uniform`, `integer`, `log_integer` or `choice`.
        low: The least value of a range; None for a choice.
        high: The largest value of a range; None for a choice.
        choices: The values of a choice, in their order; empty for a range.
    """

    name: str
    kind: str
    low: float | None
    high: float | None
    choices: tuple[Any, ...]


@dataclass(frozen=True)
class HistoryPoint:
    """The best evaluation of a trial, and the seconds that all trials had taken when it was made."""

    trial: str
    compute_s: float
    value: float
    feasible: bool


@dataclass(frozen=True)
class ThinningModel:
    """What the page leaves out of a large sweep; `points` is the most points that a curve has."""

    trials: int
    points: int
    note: str


@dataclass(frozen=True)
class ReportModel:
    """A whole sweep. The fields up to `winner` are those of earlier versions of `sweepbox status --json`.

    Attributes:
        name: The sweep's name.
        running: Whether a process runs it.
        planned: The number of trials of the sweep file.
        ended_by: What ended its last session early.
        budget: `{spent, forecast, limits}`, each `{trials, trial_hours, gpu_hours, cost}`.
        trials: All trials.
        best: The best evaluation of the search.
        front: The Pareto front of several goals.
        winner: The content of `winner.json`.
        format: `FORMAT`.
        written: When this was written, in seconds since the epoch.
        version: The version of Sweepbox.
        folder: The sweep's folder as it was named.
        objective: The goals; the first decides.
        counts: The number of trials by state.
        sampler: The sampler's type.
        scheduler: The stopping rule's type.
        rungs: The evaluations at which the stopping rule compares trials.
        parameters: The search space.
        base_values: The base config's values of all fields that any trial changes, by path.
        verdict: The winner; None before the first evaluation.
        commands: What to run next.
        history: The best evaluation of each trial in the order in which they were made.
        workers: Where trials ran.
        search: What the search tells about the parameters; None where it was not computed.
        data: The data; None where it was not read.
        detector: The winner's detections on the validation part; None where they were not examined.
        paired: Comparisons of trials on the same images.
        thinning: What is left out; None where nothing is.
        memory: The content of `memory.json`, and the `share` of a trial; None where it is not measured.
    """

    name: str
    running: bool
    planned: int
    ended_by: str | None
    budget: Mapping[str, Any]
    trials: tuple[TrialModel, ...]
    best: Mapping[str, Any] | None
    front: Sequence[Mapping[str, Any]]
    winner: Mapping[str, Any] | None
    format: int
    written: float
    version: str
    folder: str
    objective: tuple[GoalModel, ...]
    counts: Mapping[str, int]
    sampler: str
    scheduler: str
    rungs: tuple[int, ...]
    parameters: tuple[ParameterModel, ...]
    base_values: Mapping[str, Any]
    verdict: VerdictModel | None
    commands: tuple[CommandModel, ...]
    history: tuple[HistoryPoint, ...]
    workers: tuple[WorkerModel, ...]
    search: SearchModel | None = None
    data: DataModel | None = None
    detector: Mapping[str, Any] | None = None
    paired: tuple[PairedModel, ...] = ()
    thinning: ThinningModel | None = None
    memory: Mapping[str, Any] | None = None


_ALREADY_PLAIN = frozenset({str, float, int, bool, type(None)})
"""The types of most values: a report of thousands of trials has a hundred thousand."""


def to_json(model: ReportModel) -> dict[str, Any]:
    """Return the model as values of JSON, by the names of its fields."""
    return {field.name: _plain(getattr(model, field.name)) for field in fields(model)}


def _plain(value: Any) -> Any:
    if type(value) in _ALREADY_PLAIN:
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
