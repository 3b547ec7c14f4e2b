"""A logger whose calls are made by a thread of its own: a slow server does not slow the trial."""

import queue
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sweepbox.tuning.loggers.logger import TrialLogger
from sweepbox.tuning.storage.trial_record import Evaluation

if TYPE_CHECKING:
    from sweepbox.detection.training.reports import StepReport, ValidationPicture

MOST_WAITING = 1000
"""How many calls may wait; a logger that falls further behind is left out."""
END_S = 60.0
"""How long the end of a trial waits for its logger, in seconds."""

_Call = Callable[[TrialLogger], None]


class BackgroundLogger:
    """Makes a logger and its calls in a thread; what that raises is raised by the next call here."""

    def __init__(self, make: Callable[[], TrialLogger], *, end_s: float = END_S) -> None:
        self._end_s = end_s
        self._calls: queue.Queue[_Call | None] = queue.Queue(MOST_WAITING)
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, args=(make,), name="trial-logger", daemon=True)
        self._thread.start()

    def log_steps(self, report: "StepReport") -> None:
        """See `TrialLogger.log_steps`."""
        self._put(lambda logger: logger.log_steps(report))

    def log_evaluation(self, evaluation: Evaluation) -> None:
        """See `TrialLogger.log_evaluation`."""
        self._put(lambda logger: logger.log_evaluation(evaluation))

    def log_pictures(self, step: int, pictures: "Sequence[ValidationPicture]") -> None:
        """See `TrialLogger.log_pictures`."""
        self._put(lambda logger: logger.log_pictures(step, pictures))

    def close(self) -> None:
        """See `TrialLogger.close`; TimeoutError where that takes too long."""
        self._put(lambda logger: logger.close())
        self._put(None)
        self._thread.join(self._end_s)
        self._raise_error()
        if self._thread.is_alive():
            raise TimeoutError(f"it was not done after {self._end_s:g} s")

    def _put(self, call: _Call | None) -> None:
        self._raise_error()
        try:
            self._calls.put_nowait(call)
        except queue.Full:
            raise TimeoutError(f"{MOST_WAITING} calls wait for it") from None

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error

    def _work(self, make: Callable[[], TrialLogger]) -> None:
        try:
            logger = make()
            while (call := self._calls.get()) is not None:
                call(logger)
        except Exception as error:  # noqa: BLE001 - raised again by the trial's thread
            self._error = error
