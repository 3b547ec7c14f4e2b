"""The loggers by the names that a sweep file has for them."""

from collections.abc import Callable, Sequence

from sweepbox.tuning.loggers.logger import LoggedTrial, Loggers, TrialLogger
from sweepbox.tuning.spec.schema import LoggerName


def _tensorboard(trial: LoggedTrial) -> TrialLogger:
    from sweepbox.tuning.loggers.tensorboard import TensorBoardLogger

    return TensorBoardLogger(trial)


LOGGERS: dict[LoggerName, Callable[[LoggedTrial], TrialLogger]] = {"tensorboard": _tensorboard}


def loggers_of(names: Sequence[LoggerName], trial: LoggedTrial) -> Loggers:
    """Return the loggers of a trial; one that cannot begin is left out with a warning."""
    return Loggers({name: LOGGERS[name] for name in names}, trial)
