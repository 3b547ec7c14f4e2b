"""A trial as Ray Tune sees it."""

from pathlib import Path
from typing import Any

from ray.tune import Trainable

from sweepbox.detection.core.backends import Backend
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.trial.compiled_runs import Engine
from sweepbox.tuning.trial.process import prepare_process
from sweepbox.tuning.trial.worker import Outcome, TrialRun

SWEEP_KEY, TRIAL_KEY, CPU_KEY, GPU_KEY, BACKEND_KEY = "sweep", "trial", "cpu", "gpu", "backend"
EVALUATION, SCORE, PROGRAMS = "evaluation", "score", "programs"


class TrialTrainable(Trainable):  # type: ignore[misc]
    """Runs trials of a sweep, one after the other in the same process; one step is one evaluation.

    The config holds the sweep's folder and the trial's id (the folder has everything else), the trial's share
    of the machine and the backend. A trial that was begun goes on from its own saved state.
    """

    def setup(self, config: dict[str, Any]) -> None:
        """Fit the process to its resources and take the first trial."""
        prepare_process(cpus=config[CPU_KEY], gpus=config[GPU_KEY], backend=Backend(config[BACKEND_KEY]))
        self._engine = Engine()
        self._spec = load_spec(SweepFolder(Path(config[SWEEP_KEY])).spec)
        self._take(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Take the next trial; the engine stays."""
        self._take(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Train to the next evaluation and report it; an ended trial reports `done`.

        The names of the programs that this process holds come with it, in one text.
        """
        result = result_of(self._trial.next_evaluation())
        return {**result, PROGRAMS: " ".join(self._engine.programs)}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Write the full state, for schedulers that pause trials."""
        self._trial.save(Path(checkpoint_dir))

    def load_checkpoint(self, checkpoint_dir: str) -> None:
        """Take the full state of a paused trial."""
        self._trial.restore(Path(checkpoint_dir))

    def _take(self, config: dict[str, Any]) -> None:
        sweep = SweepFolder(Path(config[SWEEP_KEY]))
        self._trial = TrialRun(sweep, config[TRIAL_KEY], self._engine, spec=self._spec)


def result_of(outcome: Outcome) -> dict[str, Any]:
    """Return what Ray is told: the evaluation with its score, or only that the trial has ended.

    The metrics stay in the trial's folder. Ray would keep several figures of each of them for every trial in
    the memory of its driver, and write them all when the sweep ends.
    """
    result: dict[str, Any] = {"done": not outcome.trial_goes_on}
    if outcome.score is not None:
        result |= {EVALUATION: outcome.evaluation, SCORE: outcome.score}
    return result
