"""A sweep's results as a table: one row for each evaluation of each trial."""

from typing import TYPE_CHECKING, Any

from sweepbox.detection.core.files import atomic_path
from sweepbox.tuning.results import SweepState, TrialResult
from sweepbox.tuning.trial_record import Evaluation

if TYPE_CHECKING:
    import pyarrow


def results_table(state: SweepState) -> "pyarrow.Table":
    """Return the table of all evaluations.

    Columns: trial, state, seed, fingerprint, duplicate_of, evaluation, step, time (seconds since the epoch),
    seconds (since the evaluation before), evaluation_s (of these, for evaluating), images_per_s and
    input_wait_fraction (of the training between; these three are null where an older version did not record
    them), `metrics.NAME` (float), `parameters.NAME` (float, or text where a parameter takes other values than
    numbers).
    """
    import pyarrow

    rows = [_row(trial, evaluation) for trial in state.trials for evaluation in trial.evaluations]
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["trial"]
    return pyarrow.table({name: _column([row.get(name) for row in rows]) for name in names})


def write_results(state: SweepState) -> None:
    """Write `results.parquet` into the sweep's folder, atomically."""
    from pyarrow import parquet

    with atomic_path(state.folder.results) as path:
        parquet.write_table(results_table(state), path)


def _row(trial: TrialResult, evaluation: Evaluation) -> dict[str, Any]:
    return {
        "trial": trial.id,
        "state": str(trial.state),
        "seed": trial.status.seed,
        "fingerprint": trial.status.fingerprint,
        "duplicate_of": trial.status.duplicate_of or "",
        "evaluation": evaluation.evaluation,
        "step": evaluation.step,
        "time": evaluation.time,
        "seconds": evaluation.seconds,
        "evaluation_s": evaluation.evaluation_s,
        "images_per_s": evaluation.images_per_s,
        "input_wait_fraction": evaluation.input_wait_fraction,
        **{f"metrics.{name}": value for name, value in evaluation.metrics.items()},
        **{f"parameters.{name}": value for name, value in trial.status.parameters.items()},
    }


def _column(values: list[Any]) -> "list[Any] | pyarrow.Array":
    """Return values of one type: as they are, numbers as floats, a mixture as text; floats where all miss."""
    kinds = {type(value) for value in values if value is not None}
    if values and not kinds:
        import pyarrow

        return pyarrow.nulls(len(values), pyarrow.float64())
    if len(kinds) <= 1:
        return values
    if kinds == {int, float}:
        return [None if value is None else float(value) for value in values]
    return [None if value is None else str(value) for value in values]
