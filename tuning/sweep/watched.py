"""Reading a sweep's folder again and again at little cost, whatever happens to it meanwhile."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.core.errors import SweepboxError
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.storage.folder import SweepFolder, TrialFolder
from sweepbox.tuning.storage.opening import open_sweep
from sweepbox.tuning.sweep.reader import read_sweep
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.trial_result import TrialResult, read_trial

Stamp = tuple[int, int, int] | None
"""What tells that a file has changed: the time of its last change, its size and its inode; None without it."""


@dataclass(frozen=True)
class Reading:
    """What was found in a sweep's folder.

    Attributes:
        state: The state of the sweep; None where it cannot be read. Damaged trials are left out.
        problems: What cannot be read, and why, a line each.
        origin: Differs where another sweep has taken the folder's place.
    """

    state: SweepState | None
    problems: tuple[str, ...] = ()
    origin: object = None


class WatchedSweep:
    """A sweep's folder that is read often: only the files of trials that have changed are read again.

    Never raises: what cannot be read is told in `Reading.problems`. A trial that cannot be read is told when
    that happens twice in a row, because the sweep may be writing its first files.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._folder = SweepFolder(path)
        self._stamps: object = None
        self._reading = Reading(None)
        self._trials: dict[str, tuple[object, TrialResult]] = {}
        self._suspects: frozenset[str] = frozenset()
        self._damaged: dict[str, str] = {}

    def read(self) -> Reading:
        """Return what the folder holds now; the same object as the last time where no file has changed."""
        try:
            stamps = tuple(self._stamps_of_all())
            if stamps != self._stamps or self._suspects:
                self._reading = self._read()
                self._stamps = stamps
        except (SweepboxError, OSError) as error:
            self._stamps = None
            problems = (_line_of(error),)
            if self._reading.state is not None or self._reading.problems != problems:
                self._reading = Reading(None, problems)
        return self._reading

    def _read(self) -> Reading:
        folder = open_sweep(self.path, is_known=self._reading.state is not None)
        before, self._damaged = frozenset(self._damaged), {}
        state = read_sweep(folder, read=self._read_trials)
        self._suspects = frozenset(self._damaged) - before
        problems = [line for name, line in self._damaged.items() if name in before]
        return Reading(state, tuple(problems), _origin(folder))

    def _read_trials(self, folder: SweepFolder, objective: Objective) -> list[TrialResult]:
        known, self._trials = self._trials, {}
        for trial in folder.trial_folders():
            stamps = (objective, *_trial_stamps(trial))
            try:
                last = known.get(trial.id)
                found = last[1] if last is not None and last[0] == stamps else read_trial(trial, objective)
            except (SweepboxError, OSError) as error:
                self._damaged[trial.id] = _line_of(error)
            else:
                self._trials[trial.id] = (stamps, found)
        return [trial for _, trial in self._trials.values()]

    def _stamps_of_all(self) -> Iterator[object]:
        folder = self._folder
        for path in (folder.spec, folder.metadata, folder.winner, folder.detector, folder.trials):
            yield _stamp(path)
        yield folder.is_running()
        for trial in folder.trial_folders():
            yield trial.id
            yield _trial_stamps(trial)


def _trial_stamps(trial: TrialFolder) -> tuple[Stamp, ...]:
    return tuple(_stamp(path) for path in (trial.status, trial.metrics, trial.changes))


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _origin(folder: SweepFolder) -> object:
    """Return what stays while one sweep is in a folder: its base config, which is written once."""
    return _stamp(folder.base_config)


def _line_of(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror or error}"
    return str(error)
