"""What a logger of trials is, and how several are told without harm to the trial."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from sweepbox.detection.config.change import Change
from sweepbox.tuning.spec.schema import Scalar
from sweepbox.tuning.storage.folder import SweepFolder, TrialFolder
from sweepbox.tuning.storage.trial_record import Evaluation, TrialState

if TYPE_CHECKING:
    from sweepbox.detection.training.reports import StepReport, ValidationPicture

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoggedTrial:
    """What loggers are told of a trial when a process begins to run it.

    Attributes:
        folder: The trial's folder, with its whole config.
        metric: The objective in words.
        parameters: What the sampler suggested.
        changes: What the trial's config changes of the base config.
        step: The step from which it trains: 0, or that of the saved state.
        sweep: The name of the sweep, which is the experiment that the trial belongs to.
        space: The names of all parameters of the space, of which a trial may have some only.
    """

    folder: TrialFolder
    metric: str
    parameters: Mapping[str, Scalar]
    changes: Sequence[Change]
    step: int = 0
    sweep: str = "sweep"
    space: Sequence[str] = ()

    @property
    def hyperparameters(self) -> dict[str, Scalar]:
        """The suggested values by name; of a trial without any, the values of the changed fields."""
        changed = {change.path: change.after for change in self.changes if change.after is not None}
        return dict(self.parameters) or changed

    @property
    def sweep_folder(self) -> SweepFolder:
        """The folder of the sweep."""
        return SweepFolder(self.folder.path.parent.parent)


@dataclass(frozen=True)
class LoggedEnd:
    """What loggers are told when a sweep ends; it may be resumed, and end again.

    Attributes:
        folder: The sweep's folder.
        sweep: Its name.
        states: The states of all trials, by their ids.
        winner: The trial that has won, None where there is none.
    """

    folder: SweepFolder
    sweep: str
    states: Mapping[str, TrialState]
    winner: str | None


class TrialLogger(Protocol):
    """Is told of one trial by the process that runs it. It may raise: it is left out then, not the trial."""

    def log_steps(self, report: "StepReport") -> None:
        """Log losses, learning rate and images/s of the steps since the last report; `losses` is not empty."""

    def log_evaluation(self, evaluation: Evaluation) -> None:
        """Log the metrics of an evaluation."""

    def log_pictures(self, step: int, pictures: "Sequence[ValidationPicture]") -> None:
        """Log validation images with their annotations and detections; `pictures` is not empty."""

    def close(self) -> None:
        """End: the trial has ended, is paused, or its process goes on with another one."""


class Loggers:
    """Several loggers as one that never raises: one that fails is left out for the rest of the trial."""

    def __init__(self, makers: Mapping[str, Callable[[LoggedTrial], TrialLogger]], trial: LoggedTrial) -> None:
        self._trial = trial
        self._loggers: dict[str, TrialLogger] = {}
        for name, make in makers.items():
            self._try(name, partial(self._begin, name, make))

    def log_steps(self, report: "StepReport") -> None:
        """See `TrialLogger.log_steps`; a report without losses is not passed on."""
        if report.losses:
            self._tell_all(lambda logger: logger.log_steps(report))

    def log_evaluation(self, evaluation: Evaluation) -> None:
        """See `TrialLogger.log_evaluation`."""
        self._tell_all(lambda logger: logger.log_evaluation(evaluation))

    def log_pictures(self, step: int, draw: "Callable[[], Sequence[ValidationPicture]]") -> None:
        """Pass on what `draw` returns, see `TrialLogger.log_pictures`; nothing where there are no pictures."""
        try:
            pictures = draw()
        except Exception as error:  # noqa: BLE001 - the trial goes on without pictures
            _log.warning("trial %s: no pictures of step %d: %s", self._trial.folder.id, step, error)
            return
        if pictures:
            self._tell_all(lambda logger: logger.log_pictures(step, pictures))

    def close(self) -> None:
        """See `TrialLogger.close`."""
        self._tell_all(lambda logger: logger.close())
        self._loggers.clear()

    def _begin(self, name: str, make: Callable[[LoggedTrial], TrialLogger]) -> None:
        self._loggers[name] = make(self._trial)

    def _tell_all(self, tell: Callable[[TrialLogger], None]) -> None:
        for name, logger in list(self._loggers.items()):
            self._try(name, partial(tell, logger))

    def _try(self, name: str, do: Callable[[], None]) -> None:
        try:
            do()
        except Exception as error:  # noqa: BLE001 - whatever a logger raises, the trial goes on
            self._loggers.pop(name, None)
            _log.warning("trial %s: the logger %s is left out: %s", self._trial.folder.id, name, error)
