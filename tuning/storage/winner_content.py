"""The keys of `winner.json` and their types; `tuning/winner/document.py` says what they mean."""

from typing import Any, NotRequired

from typing_extensions import TypedDict  # pydantic refuses that of `typing` before Python 3.12

from sweepbox.tuning.storage.json_records import check_record

Interval = tuple[float, float]


class Figure(TypedDict):
    """A value of the exported weights, with mean and deviation over the seeds."""

    value: float
    mean: float | None
    sd: float | None


class Mean(TypedDict):
    """Mean and deviation over the seeds of a finalist."""

    mean: float
    sd: float | None


class FigureOnTest(Figure):
    """The figure of the test part."""

    interval: Interval | None


class Seed(TypedDict):
    """One training of a finalist."""

    seed: int
    trial: str
    validation: float
    test: NotRequired[float | None]


class Fold(TypedDict):
    """One fold of a cross-validation."""

    fold: int
    trial: str
    validation: float


class CrossValidation(TypedDict):
    """The cross-validation of one seed."""

    seed: int
    value: float
    folds: list[Fold]


class Difference(TypedDict):
    """A comparison of the winner with the base config, or of the best other config where that wins."""

    difference: float
    interval: Interval
    is_tie: bool
    smallest_difference: float
    images: int


class AgainstBase(TypedDict):
    """The comparison with the base config on both parts."""

    base: str
    validation: Difference | None
    test: Difference | None


class Flattery(TypedDict):
    """How much the validation figure flattered."""

    difference: float
    interval: Interval
    expected: float | None


class FinalistEntry(TypedDict):
    """One finalist."""

    name: str
    is_base: bool
    fingerprint: str
    validation: Mean
    interval: Interval | None
    constraints_met: bool
    latency_ms: float | None
    parameters: float | None
    seeds: list[Seed]
    folds: NotRequired[list[CrossValidation] | None]
    test: Mean | None


class FailedEntry(TypedDict):
    """A training of a finalist that came to no result."""

    name: str
    seed: int
    fold: NotRequired[int | None]
    trial: str
    state: str
    error: str | None


class Confirmation(TypedDict):
    """How the winner was confirmed."""

    top: int
    seeds: int
    folds: NotRequired[int | None]
    searched: int
    complete: bool
    winner: str
    finalists: list[FinalistEntry]
    failed: list[FailedEntry]


class Look(TypedDict):
    """One reading of the test part."""

    time: float
    searched: int
    weights: list[dict[str, Any]]


class EarlierContent(TypedDict):
    """What all versions write."""

    trial: str


class Content(EarlierContent):
    """What this version writes; other keys of `unconfirmed_winner` and `frozen_winner` may have any value."""

    metric: str
    value: float
    evaluation: int
    step: int
    checkpoint: str
    validation: Figure
    test: FigureOnTest | None
    interval: Interval | None
    seeds: list[Seed]
    folds: NotRequired[list[CrossValidation] | None]
    tie_with: list[str]
    against_base: AgainstBase | None
    verdict: str
    flattery: Flattery | None
    post_processing: dict[str, Any] | None
    test_looks: list[Look]
    confirmation: Confirmation | None


def check_content(content: object) -> None:
    """Raise ValueError, with the key and the reason, where the content of a file is not a winner's."""
    is_earlier = isinstance(content, dict) and "verdict" not in content
    check_record(EarlierContent if is_earlier else Content, content)
