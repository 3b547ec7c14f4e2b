"""Writes the study's file in the background; the sweep continues if that fails."""

import logging
import sqlite3
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from sweepbox.tuning.storage.study_file import StudyFile, StudyTrial

logger = logging.getLogger(__name__)


class StudyWriter:
    """Writes trials to the study's file.

    The first write replaces all that the file holds. A sweep does not need the file: the first failure is
    logged, and the file is then left as it is until `flush`.
    """

    def __init__(self, file: StudyFile) -> None:
        """Write nothing yet."""
        self._file = file
        self._trials: dict[int, StudyTrial] = {}
        self._changed: set[int] = set()
        self._lock = threading.Lock()  # of the two above
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="study-writer")
        self._writing: Future[None] | None = None
        self._is_whole = False
        self._has_failed = False

    def put(self, trial: StudyTrial) -> None:
        """Queue the current state of a trial for the next write."""
        number = trial.trial.number
        with self._lock:
            self._trials[number] = trial
            self._changed.add(number)

    def write_in_background(self) -> None:
        """Write changes in a thread, unless it is still writing or has failed."""
        if self._has_failed or (self._writing is not None and not self._writing.done()):
            return
        self._writing = self._thread.submit(self._write)

    def flush(self) -> None:
        """Write all that has changed, and return when it is written or has failed."""
        if self._writing is not None:
            self._writing.result()
        self._thread.submit(self._write).result()

    def _write(self) -> None:
        with self._lock:
            numbers = self._changed if self._is_whole else set(self._trials)
            trials = [self._trials[number] for number in sorted(numbers)]
            self._changed = set()
        try:
            if not self._is_whole:
                self._file.rewrite(trials)
            elif trials:
                self._file.update(trials)
        except (OSError, sqlite3.Error) as error:
            self._is_whole = False
            if not self._has_failed:
                logger.warning("%s: not written (%s); dashboards show an older state", self._file.path, error)
            self._has_failed = True
        else:
            self._is_whole = True
