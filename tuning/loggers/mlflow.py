"""Each trial as a run of an MLflow experiment, which is named after the sweep.

Without a tracking server in `MLFLOW_TRACKING_URI`, runs are kept in the sweep's folder `mlflow/`: `mlflow ui
--backend-store-uri sqlite:///RUN/mlflow/mlflow.db` shows them.
"""

import logging
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from sweepbox.detection.core.files import write_text
from sweepbox.tuning.loggers.logger import LoggedEnd, LoggedTrial
from sweepbox.tuning.loggers.names import plain_names
from sweepbox.tuning.storage.folder import SweepFolder, TrialFolder
from sweepbox.tuning.storage.trial_record import Evaluation, TrialState, read_status

if TYPE_CHECKING:
    from sweepbox.detection.training.reports import StepReport, ValidationPicture

NAME = "mlflow"
TRACKING_URI = "MLFLOW_TRACKING_URI"
MOST_IN_BATCH = 100
"""Of parameters in one request; MLflow refuses more."""
LONGEST_PARAMETER = 6000
STATUSES = {
    TrialState.FINISHED: "FINISHED",
    TrialState.STOPPED_EARLY: "FINISHED",
    TrialState.FAILED: "FAILED",
    TrialState.INTERRUPTED: "KILLED",
    TrialState.PAUSED: "SCHEDULED",
}
"""What a run's status is for a trial's state; of others it is RUNNING."""


class MlflowLogger:
    """Logs parameters, config and difference first, then metrics; a resumed trial continues its run.

    Metrics have the names that TensorBoard shows, with the characters that MLflow allows.
    """

    def __init__(self, trial: LoggedTrial) -> None:
        self._trial = trial
        self._client = _client(trial.sweep_folder)
        self._run = self._continued() or self._begun()

    def log_steps(self, report: "StepReport") -> None:
        """Log losses, learning rate and images/s."""
        from sweepbox.detection.training.log import step_scalars

        self._log(report.step, step_scalars(report))

    def log_evaluation(self, evaluation: Evaluation) -> None:
        """Log the metrics."""
        self._log(evaluation.step, {f"evaluation/{name}": value for name, value in evaluation.metrics.items()})

    def log_pictures(self, step: int, pictures: "Sequence[ValidationPicture]") -> None:
        """Do nothing: pictures are for TensorBoard."""

    def close(self) -> None:
        """Set the run's status to that of the trial."""
        _set_status(self._client, self._run, read_status(self._trial.folder).state)

    def _continued(self) -> str | None:
        """Return the run that an earlier process began, None where there is none any more."""
        run = _run_of(self._trial.folder)
        if run is None:
            return None
        try:
            self._client.update_run(run, status="RUNNING")
        except MlflowException:
            return None
        return run

    def _begun(self) -> str:
        trial = self._trial
        experiment = _experiment(self._client, trial.sweep, trial.sweep_folder)
        tags = {
            "sweepbox.trial": trial.folder.id,
            "sweepbox.sweep": trial.sweep,
            "sweepbox.metric": trial.metric,
        }
        run: str = self._client.create_run(experiment, run_name=trial.folder.id, tags=tags).info.run_id
        write_text(trial.folder.run_of(NAME), f"{run}\n")
        values = {name: str(value)[:LONGEST_PARAMETER] for name, value in trial.hyperparameters.items()}
        parameters = [Param(plain, values[name]) for name, plain in plain_names(values).items()]
        for start in range(0, len(parameters), MOST_IN_BATCH):
            self._client.log_batch(run, params=parameters[start : start + MOST_IN_BATCH])
        for path in (trial.folder.config, trial.folder.changes):
            if path.is_file():
                self._client.log_artifact(run, str(path), "config")
        return run

    def _log(self, step: int, scalars: Mapping[str, float]) -> None:
        now = int(time.time() * 1000)
        plain = plain_names(scalars)
        metrics = [Metric(plain[name], value, now, step) for name, value in scalars.items()]
        self._client.log_batch(self._run, metrics=metrics)


def log_end(end: LoggedEnd) -> None:
    """Set every run's status, mark the winner's, and log its model: its checkpoint and `winner.json`."""
    client = _client(end.folder)
    for name, state in end.states.items():
        run = _run_of(end.folder.trial(name))
        if run is None:
            continue
        with suppress(MlflowException):  # somebody deleted the run
            _set_status(client, run, state)
            client.set_tag(run, "sweepbox.winner", str(name == end.winner).lower())
    winner = None if end.winner is None else end.folder.trial(end.winner)
    run = None if winner is None else _run_of(winner)
    if winner is not None and run is not None and winner.best.is_dir():
        client.log_artifacts(run, str(winner.best), "model")
        if end.folder.winner.is_file():
            client.log_artifact(run, str(end.folder.winner))


def _client(folder: SweepFolder) -> MlflowClient:
    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    given = os.environ.get(TRACKING_URI)
    if given:
        return MlflowClient(tracking_uri=given)
    folder.mlflow.mkdir(exist_ok=True)
    return MlflowClient(tracking_uri=f"sqlite:///{folder.mlflow.absolute() / 'mlflow.db'}")


def _experiment(client: MlflowClient, name: str, folder: SweepFolder) -> str:
    """Return the experiment's id; two processes may begin it at once."""
    found = client.get_experiment_by_name(name)
    if found is None:
        is_here = not os.environ.get(TRACKING_URI)
        location = (folder.mlflow.absolute() / "artifacts").as_uri() if is_here else None
        with suppress(MlflowException):
            created: str = client.create_experiment(name, artifact_location=location)
            return created
        found = client.get_experiment_by_name(name)
        if found is None:
            raise RuntimeError(f"the experiment {name!r} cannot be made")
    return str(found.experiment_id)


def _run_of(folder: TrialFolder) -> str | None:
    try:
        return folder.run_of(NAME).read_text().strip() or None
    except OSError:
        return None


def _set_status(client: MlflowClient, run: str, state: TrialState) -> None:
    status = STATUSES.get(state)
    if state.has_ended:
        client.set_terminated(run, status)
    elif status is not None:
        client.update_run(run, status=status)
