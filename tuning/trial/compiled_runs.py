"""The training engine of one process: kept from trial to trial, so that little is traced or compiled twice."""

from typing import TYPE_CHECKING

from sweepbox.detection.training.program import program_id

if TYPE_CHECKING:
    from sweepbox.detection.model.precision import Precision
    from sweepbox.detection.runner import RunSettings, TrainingRun

KEPT_PROGRAMS = 2
"""How many compiled programs a process keeps; a search that switches one augmentation needs two."""


class Engine:
    """Holds training runs by what is compiled into them; a trial starts over one that fits, or a new one."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._runs: dict[tuple[str, Precision], TrainingRun] = {}
        self.reused = False
        """Whether the last run could use a program that was compiled for an earlier one."""

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs that are kept, as `program_id` names them, the one used last at the end."""
        return tuple(program for program, _ in self._runs)

    def run_for(self, settings: "RunSettings") -> "TrainingRun":
        """Return a run at step 0 with these settings; the run returned before must not be used any more."""
        from sweepbox.detection.runner import TrainingRun

        for held in self._runs.values():
            held.close()
        key = (program_id(settings.config), settings.precision)
        self.reused = key in self._runs
        run = self._runs.pop(key, None)
        if run is None and len(self._runs) >= KEPT_PROGRAMS:
            run = self._runs.pop(next(iter(self._runs)))
        if run is None:
            run = TrainingRun(settings)
        else:
            run.reset(settings)
        self._runs[key] = run
        return run
