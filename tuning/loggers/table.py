"""The loggers by the names that a sweep file has for them."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.loggers.background import BackgroundLogger
from sweepbox.tuning.loggers.logger import LoggedEnd, LoggedTrial, Loggers, TrialLogger
from sweepbox.tuning.spec.schema import LoggerName

_log = logging.getLogger(__name__)

SWEEP_END_S = 120.0
"""How long the end of a sweep waits for each logger, in seconds."""


@dataclass(frozen=True)
class LoggerKind:
    """A logger: how it is made for a trial, the package that it needs, and what it does when the sweep ends.

    The package is a module of the extra of the same name.
    """

    make: Callable[[LoggedTrial], TrialLogger]
    package: str
    log_end: Callable[[LoggedEnd], None] | None = None


def _tensorboard(trial: LoggedTrial) -> TrialLogger:
    from sweepbox.tuning.loggers.tensorboard import TensorBoardLogger

    return TensorBoardLogger(trial)


def _mlflow(trial: LoggedTrial) -> TrialLogger:
    def make() -> TrialLogger:
        from sweepbox.tuning.loggers.mlflow import MlflowLogger

        return MlflowLogger(trial)

    return BackgroundLogger(make)


def _mlflow_end(end: LoggedEnd) -> None:
    from sweepbox.tuning.loggers.mlflow import log_end

    log_end(end)


def _wandb(trial: LoggedTrial) -> TrialLogger:
    def make() -> TrialLogger:
        from sweepbox.tuning.loggers.wandb import WandbLogger

        return WandbLogger(trial)

    return BackgroundLogger(make)


def _wandb_end(end: LoggedEnd) -> None:
    from sweepbox.tuning.loggers.wandb import log_end

    log_end(end)


LOGGERS: dict[LoggerName, LoggerKind] = {
    "tensorboard": LoggerKind(_tensorboard, "tensorboard"),
    "mlflow": LoggerKind(_mlflow, "mlflow", _mlflow_end),
    "wandb": LoggerKind(_wandb, "wandb", _wandb_end),
}


def check_loggers(names: Sequence[LoggerName], *, log_images: int = 0) -> None:
    """Raise SweepError where the package of a logger is not installed, or no logger takes the images."""
    if log_images and "tensorboard" not in names:
        raise SweepError(
            "log_images: the images are for TensorBoard; add `tensorboard` to loggers, or remove it"
        )
    for name in names:
        if find_spec(LOGGERS[name].package) is None:
            raise SweepError(
                f"loggers: {name} is not installed here; pip install 'sweepbox[{name}]', or leave it out"
            )


def loggers_of(names: Sequence[LoggerName], trial: LoggedTrial) -> Loggers:
    """Return the loggers of a trial; one that cannot begin is left out with a warning."""
    return Loggers({name: LOGGERS[name].make for name in dict.fromkeys(names)}, trial)


def log_end(names: Sequence[LoggerName], end: LoggedEnd, *, within_s: float = SWEEP_END_S) -> list[str]:
    """Tell the loggers that the sweep ends, and return a line for each that failed; nothing is raised."""
    failures = []
    for name in dict.fromkeys(names):
        tell = LOGGERS[name].log_end
        failure = None if tell is None else _failure_of(tell, end, within_s)
        if failure is not None:
            failures.append(f"the logger {name} does not have the end of the sweep: {failure}")
    return failures


def _failure_of(tell: Callable[[LoggedEnd], None], end: LoggedEnd, within_s: float) -> str | None:
    """Return why a call failed or was given up; None where it was made."""
    failures: list[str] = []

    def call() -> None:
        try:
            tell(end)
        except Exception as error:  # noqa: BLE001 - whatever a logger raises, the sweep ends as it would
            failures.append(str(error) or type(error).__name__)

    thread = threading.Thread(target=call, name="sweep-logger", daemon=True)
    thread.start()
    thread.join(within_s)
    if thread.is_alive():
        return f"it was not done after {within_s:g} s"
    return failures[0] if failures else None
