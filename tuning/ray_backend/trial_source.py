"""Hands the manager's trials to Ray Tune, never more at a time than can run."""

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ray.tune.search import Searcher

from sweepbox.tuning.ray_backend.trainable import (
    BACKEND_KEY,
    CPU_KEY,
    GPU_KEY,
    ORDER_KEY,
    PROGRAMS,
    RESOURCES_KEY,
    SCORE,
    SWEEP_KEY,
    TRIAL_KEY,
)
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.remote.driver import driver_of
from sweepbox.tuning.sweep.running import RunnableTrials

Programs = tuple[str, ...]


class TrialSource(Searcher):  # type: ignore[misc]
    """Ray's searcher: returns a trial to run, nothing for now, or that all are handed out.

    Making a trial only when it can start lets each suggestion know all results so far; see `TrialManager` for
    spaces of several programs. Of the free processes Ray reuses the one whose trial ended first, so what that
    process reported last tells which programs the next trial finds.
    """

    def __init__(
        self,
        trials: RunnableTrials,
        folder: SweepFolder,
        spec: SweepSpec,
        *,
        mode: str,
        max_concurrent: int,
        alone: Mapping[str, float],
    ) -> None:
        """Hand out trials.

        Args:
            trials: The trials.
            folder: Their sweep's folder.
            spec: The sweep.
            mode: The objective's direction.
            max_concurrent: The most trials at a time.
            alone: What a trial takes that runs alone because it ran out of memory, by Ray's names.
        """
        super().__init__(metric=SCORE, mode=mode)
        self._trials = trials
        self._folder = folder
        share = spec.resources_per_trial
        self._process = {
            CPU_KEY: share.cpu,
            GPU_KEY: share.gpu,
            BACKEND_KEY: spec.backend,
            RESOURCES_KEY: share.for_ray,
        }
        self._alone = alone
        self._again: deque[str] = deque()
        self._waits_for_machine: str | None = None
        self._ray_id_alone: str | None = None
        self._max_concurrent = max_concurrent
        self._running: dict[str, Programs] = {}
        self._free: deque[Programs] = deque()
        self._none_left = False

    @property
    def has_free_worker(self) -> bool:
        """Whether a trial is about to start."""
        return not self._none_left and len(self._running) < self._max_concurrent

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Return the config of Ray's trial `trial_id`, None to be asked again later, or FINISHED."""
        if self._folder.stop_request.exists():
            self._none_left = True
            while self._again:
                self._trials.leave(self._again.popleft())
            return str(Searcher.FINISHED)
        if len(self._running) >= self._max_concurrent or self._waits_for_machine is not None:
            self._trials.prepare_next()
            return None
        ours = self._take(trial_id)
        self._none_left = ours is None
        if ours is not None:
            process = self._process_alone if ours == self._waits_for_machine else self._process
            return {TRIAL_KEY: ours, **self._place_of(ours), **process}
        return None if self._running else str(Searcher.FINISHED)  # one that runs may pause and be promoted

    def _place_of(self, ours: str) -> dict[str, Any]:
        """Return where the trial's process finds the sweep."""
        store = driver_of(self._folder)
        if store is None:
            return {SWEEP_KEY: str(self._folder.path.resolve())}
        return {ORDER_KEY: asdict(store.hand_out(ours))}

    def _take(self, trial_id: str) -> str | None:
        """Return a trial for the next worker, and record the programs that the worker will hold.

        A trial that ran out of memory gets a worker of its own, and none is handed out until that has started.
        """
        held, *free = self._free or [()]
        if self._again:
            return self._take_again(trial_id)
        others = {program for worker in (*self._running.values(), *free) for program in worker}
        ours = self._trials.next_trial(held=held, elsewhere=others)
        if ours is not None:
            self._free = deque(free)
            self._begin(trial_id, ours, held)
        return ours

    def _take_again(self, trial_id: str) -> str:
        """Return the first of the trials that are run again; its worker holds no program."""
        ours = self._again.popleft()
        self._trials.manager.mark_running(ours)
        self._begin(trial_id, ours, ())
        return ours

    def _begin(self, trial_id: str, ours: str, held: Programs) -> None:
        """Record the programs that the worker of a trial will hold, and whether it is to run alone."""
        if self._trials.manager.records[ours].status.out_of_memory:
            self._waits_for_machine, self._ray_id_alone, held = ours, trial_id, ()
            self._free.clear()  # Ray ends free processes to make room
        program = self._trials.manager.program(ours)
        self._running[trial_id] = held if program is None else (*held, program)

    @property
    def _process_alone(self) -> dict[str, Any]:
        """The process of a trial that runs alone: a whole GPU, no more threads than others."""
        gpus = self._alone.get("GPU", 0.0)
        return {**self._process, GPU_KEY: gpus, RESOURCES_KEY: dict(self._alone)}

    def started(self, ours: str) -> None:
        """Go on handing out trials, if the one that has started was to run alone."""
        if self._waits_for_machine == ours:
            self._waits_for_machine = None

    def retry(self, ours: str) -> None:
        """Hand a trial out again, whose process has died."""
        self._again.append(ours)

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Record which programs the worker holds; the callback passes evaluations on."""
        self._running[trial_id] = _programs_of(result)

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, **info: Any) -> None:
        """Free the trial's worker, unless its process died; the callback closes the trial."""
        held = self._running.pop(trial_id, ())
        if trial_id == self._ray_id_alone:
            self._waits_for_machine = None  # also where its process never started
        if not info.get("error"):
            self._free.append(_programs_of(result) if result else held)

    def __getstate__(self) -> dict[str, Any]:
        """Keep the manager out of Ray's own checkpoints."""
        return {}

    def save(self, checkpoint_path: str) -> None:
        """Write a placeholder: a sweep is resumed from its folder, not from Ray's checkpoints."""
        Path(checkpoint_path).write_text("the sweep's folder holds the state\n")

    def restore(self, checkpoint_path: str) -> None:
        """Do nothing; see `save`."""


def _programs_of(result: Mapping[str, Any]) -> Programs:
    """Return the programs that a trial's process reported."""
    return tuple(str(result.get(PROGRAMS, "")).split())
