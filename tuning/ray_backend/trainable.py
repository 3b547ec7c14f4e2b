"""A trial as Ray Tune runs it."""

from pathlib import Path
from typing import Any

from ray.tune import Trainable

from sweepbox.detection.core.backends import Backend
from sweepbox.tuning.ray_backend.worker_path import drop_driver_folders
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import evaluation_text
from sweepbox.tuning.trial.compiled_runs import CompiledRunCache
from sweepbox.tuning.trial.process import prepare_process
from sweepbox.tuning.trial.worker import Outcome, TrialWorker

SWEEP_KEY, TRIAL_KEY, CPU_KEY, GPU_KEY, BACKEND_KEY = "sweep", "trial", "cpu", "gpu", "backend"
SCORE, RECORD, PROGRAMS = "score", "record", "programs"


class TrialTrainable(Trainable):  # type: ignore[misc]  # Ray has no types
    """Runs trials of a sweep, one after the other in the same process; one step is one evaluation.

    The config holds the sweep's folder and the trial's id (the folder has everything else), the trial's share
    of the machine and the backend. A trial that was begun resumes from its own saved state.
    """

    def setup(self, config: dict[str, Any]) -> None:
        """Fit the process to its resources and open the first trial."""
        drop_driver_folders()
        prepare_process(cpus=config[CPU_KEY], gpus=config[GPU_KEY], backend=Backend(config[BACKEND_KEY]))
        self._compiled_runs = CompiledRunCache()
        self._spec = load_spec(SweepFolder(Path(config[SWEEP_KEY])).spec)
        self._open(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Open the next trial; compiled programs stay."""
        self._open(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """Train to the next evaluation and report it; an ended trial reports `done`.

        The ids of the programs that this process holds come with it, in one text.
        """
        result = result_of(self._worker.next_evaluation())
        return {**result, PROGRAMS: " ".join(self._compiled_runs.programs)}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Write nothing: a trial's state to resume from is in its own folder after every evaluation."""

    def load_checkpoint(self, checkpoint_dir: str) -> None:
        """Read nothing; see `save_checkpoint`."""

    def _open(self, config: dict[str, Any]) -> None:
        sweep = SweepFolder(Path(config[SWEEP_KEY]))
        self._worker = TrialWorker(sweep, config[TRIAL_KEY], self._compiled_runs, spec=self._spec)


def result_of(outcome: Outcome) -> dict[str, Any]:
    """Return what Ray is told: the evaluation with its score, or only that the trial has ended.

    The metrics travel as one text. Ray would keep several figures of each number for every trial in the memory
    of its driver, and write them all when the sweep ends.
    """
    result: dict[str, Any] = {"done": not outcome.is_running}
    if outcome.evaluation is not None:
        result |= {
            SCORE: outcome.score,
            RECORD: evaluation_text(outcome.evaluation),
        }
    return result
