"""A sweep's results as a table: one row for each evaluation of each trial."""

from typing import TYPE_CHECKING, Any

from sweepbox.tuning.storage.tables import table_of, write_table
from sweepbox.tuning.storage.trial_record import Evaluation
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.trial_result import TrialResult

if TYPE_CHECKING:
    import pyarrow


def results_table(state: SweepState) -> "pyarrow.Table":
    """Return the table of all evaluations.

    Columns: trial, state, seed, fingerprint, duplicate_of, origin (why the trial exists), copied_from
    (`TRIAL:EVALUATION`), fold (`NUMBER/COUNT` in a cross-validation), evaluation, step, time (seconds since the
    epoch), seconds (since the evaluation before), evaluation_s (of these, for evaluating), images_per_s and
    input_wait_fraction (of the training between; these three are null where an older version did not record
    them), `metrics.NAME` (float), `parameters.NAME` (float, or text where a parameter takes other values than
    numbers).
    """
    return table_of([_row(trial, evaluation) for trial in state.trials for evaluation in trial.evaluations])


def write_results(state: SweepState) -> None:
    """Write `results.parquet` into the sweep's folder, atomically."""
    write_table(results_table(state), state.folder.results)


def _row(trial: TrialResult, evaluation: Evaluation) -> dict[str, Any]:
    copied_from, fold = trial.status.copied_from, trial.status.fold
    return {
        "trial": trial.id,
        "state": str(trial.state),
        "seed": trial.status.seed,
        "fingerprint": trial.status.fingerprint,
        "duplicate_of": trial.status.duplicate_of or "",
        "origin": str(trial.status.origin),
        "copied_from": "" if copied_from is None else f"{copied_from.trial}:{copied_from.evaluation}",
        "fold": "" if fold is None else f"{fold.number}/{fold.count}",
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
