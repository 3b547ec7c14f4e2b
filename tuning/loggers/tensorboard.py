"""A trial's scalars and hyperparameters as TensorBoard event files, without TensorFlow."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sweepbox.detection.training.log import EventFile, evaluation_scalars, step_scalars
from sweepbox.tuning.loggers.logger import LoggedTrial
from sweepbox.tuning.storage.trial_record import Evaluation

if TYPE_CHECKING:
    from sweepbox.detection.training.reports import StepReport, ValidationPicture


class TensorBoardLogger:
    """Writes into the trial's folder `tensorboard/`; `tensorboard --logdir RUN/trials` shows all trials.

    Losses, learning rate, images/s, all metrics under our names and those of the Object Detection API; and the
    hyperparameters for the tab HPARAMS, beside the objective's metric where it is a reported one.
    """

    def __init__(self, trial: LoggedTrial) -> None:
        self._events = EventFile(trial.folder.tensorboard, step=trial.step)
        if trial.step == 0:
            self._add_hyperparameters(trial)

    def log_steps(self, report: "StepReport") -> None:
        """Log losses, learning rate and images/s."""
        self._events.add(report.step, step_scalars(report))

    def log_evaluation(self, evaluation: Evaluation) -> None:
        """Log the metrics."""
        wait = evaluation.input_wait_fraction
        self._events.add(
            evaluation.step, evaluation_scalars(dict(evaluation.metrics), input_wait_fraction=wait)
        )

    def log_pictures(self, step: int, pictures: "Sequence[ValidationPicture]") -> None:
        """Log the pictures, for the tab IMAGES."""
        self._events.add_pictures(step, pictures)

    def close(self) -> None:
        """End; every event is written when it happens."""

    def _add_hyperparameters(self, trial: LoggedTrial) -> None:
        from tensorboard.plugins.hparams import summary_v2 as hparams

        values = trial.hyperparameters
        experiment = hparams.hparams_config_pb(
            hparams=[hparams.HParam(name) for name in dict.fromkeys([*trial.space, *values])],
            metrics=[hparams.Metric(f"evaluation/{trial.metric}", display_name=trial.metric)],
        )
        for summary in (experiment, hparams.hparams_pb(values, trial_id=trial.folder.id)):
            self._events.add_summary(0, summary)
