"""The compiled-run cache of a worker process: training runs kept from trial to trial."""

from typing import TYPE_CHECKING

from sweepbox.detection.training.compile_key import CompileKey

if TYPE_CHECKING:
    from sweepbox.detection.runner import RunSettings, TrainingRun

CAPACITY = 2
"""How many compiled programs a process keeps; a search that switches one augmentation needs two."""


class CompiledRunCache:
    """Training runs by what is compiled into them; the least recently used one is rebuilt when it is full.

    Attributes:
        reused: Whether the run returned last used a program that had been compiled for an earlier trial.
    """

    def __init__(self) -> None:
        self._runs: dict[CompileKey, TrainingRun] = {}
        self.reused = False

    @property
    def programs(self) -> tuple[str, ...]:
        """The ids of the cached programs, the least recently used first."""
        return tuple(key.id for key in self._runs)

    def run_for(self, settings: "RunSettings") -> "TrainingRun":
        """Return a run at step 0 with these settings; the run returned before must not be used any more."""
        from sweepbox.detection.runner import TrainingRun

        for cached in self._runs.values():
            cached.close()
        key = CompileKey.of(settings.config, settings.precision)
        self.reused = key in self._runs
        run = self._runs.pop(key, None)
        if run is None and len(self._runs) >= CAPACITY:
            run = self._runs.pop(next(iter(self._runs)))
        if run is None:
            run = TrainingRun(settings)
        else:
            run.reset(settings)
        self._runs[key] = run
        return run
