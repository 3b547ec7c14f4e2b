"""Each trial as a run of a Weights & Biases project, which is named after the sweep.

Where nobody is logged in, runs are kept in the sweep's folder `wandb/`: `wandb sync --include-offline
RUN/wandb/offline-run-*` uploads them later. `WANDB_MODE` and `WANDB_PROJECT` are followed where they are set.
"""

import os
import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import wandb

from sweepbox.detection.core.files import write_text
from sweepbox.tuning.loggers.logger import LoggedEnd, LoggedTrial
from sweepbox.tuning.storage.folder import SweepFolder, TrialFolder
from sweepbox.tuning.storage.trial_record import Evaluation

if TYPE_CHECKING:
    from sweepbox.detection.training.reports import StepReport, ValidationPicture

NAME = "wandb"
ID_BYTES = 6


class WandbLogger:
    """Logs parameters, config and difference first, then metrics; a resumed trial continues its run."""

    def __init__(self, trial: LoggedTrial) -> None:
        changes = {change.path: change.after for change in trial.changes}
        config = {"parameters": dict(trial.hyperparameters), "changes": changes, "metric": trial.metric}
        self._run = _run(trial.sweep_folder, trial.sweep, trial.folder, config)
        if trial.step == 0:
            for path in (trial.folder.config, trial.folder.changes):
                if path.is_file():
                    self._run.save(str(path), base_path=str(trial.folder.path), policy="now")

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
        """End this process's part of the run."""
        self._run.finish()

    def _log(self, step: int, scalars: Mapping[str, float]) -> None:
        self._run.log({**scalars, "step": step})


def log_end(end: LoggedEnd) -> None:
    """Log the winner's model as an artifact of its run: its checkpoint and `winner.json`."""
    winner = None if end.winner is None else end.folder.trial(end.winner)
    if winner is None or not winner.best.is_dir() or not winner.run_of(NAME).is_file():
        return
    run = _run(end.folder, end.sweep, winner, {})
    artifact = wandb.Artifact(f"model-{run.id}", type="model", metadata={"trial": winner.id})
    artifact.add_dir(str(winner.best))
    if end.folder.winner.is_file():
        artifact.add_file(str(end.folder.winner))
    run.log_artifact(artifact, aliases=["winner"])
    run.summary["winner"] = True
    run.finish()


def _run(sweep: SweepFolder, name: str, trial: TrialFolder, config: dict[str, Any]) -> Any:
    """Begin the run of a trial, or go on with it. Steps are a metric: after a resumption they go back."""
    run = wandb.init(
        project=os.environ.get("WANDB_PROJECT") or name,
        group=name,
        id=_id_of(trial),
        name=trial.id,
        resume="allow",
        reinit="create_new",
        mode=None if "WANDB_MODE" in os.environ or wandb.login(prompt=False) else "offline",
        dir=str(sweep.path.absolute()),
        config=config,
        settings=wandb.Settings(
            silent=True, console="off", disable_git=True, disable_code=True, x_disable_stats=True
        ),
    )
    run.define_metric("*", step_metric="step")
    return run


def _id_of(trial: TrialFolder) -> str:
    """Return the id of the trial's run, which is drawn once."""
    path = trial.run_of(NAME)
    if not path.is_file():
        write_text(path, f"{trial.id}-{secrets.token_hex(ID_BYTES)}\n")
    return path.read_text().strip()
