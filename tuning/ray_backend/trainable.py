"""A trial as Ray Tune runs it."""

from pathlib import Path
from typing import Any

from ray.tune import Trainable

from sweepbox.detection.core.backends import Backend
from sweepbox.detection.core.errors import SweepboxError
from sweepbox.tuning.ray_backend.worker_path import drop_driver_folders
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.remote.node import NodeOrder, NodeSweep, NodeTrial
from sweepbox.tuning.storage.trial_record import evaluation_text
from sweepbox.tuning.trial.compiled_runs import CompiledRunCache
from sweepbox.tuning.trial.outside_cause import outside_cause
from sweepbox.tuning.trial.process import prepare_process
from sweepbox.tuning.trial.termination import Termination
from sweepbox.tuning.trial.worker import Outcome, TrialWorker

SWEEP_KEY, TRIAL_KEY, CPU_KEY, GPU_KEY, BACKEND_KEY = "sweep", "trial", "cpu", "gpu", "backend"
ORDER_KEY = "order"
RESOURCES_KEY = "resources"
"""What Ray reserves for the trial's process, by Ray's names."""
SCORE, RECORD, PROGRAMS, MANIFEST, UNSAVED = "score", "record", "programs", "manifest", "unsaved_s"
OUTSIDE_CAUSE = "outside_cause"


class TrialTrainable(Trainable):  # type: ignore[misc]  # Ray has no types
    """Runs trials of a sweep, one after the other in the same process; one step is one evaluation.

    The config holds the sweep's folder and the trial's id (the folder has everything else), the trial's share
    of the machine and the backend. A trial that was begun resumes from its own saved state. Of a sweep on a URI
    the config has an order instead of the folder, which is one of this machine's own.
    """

    def setup(self, config: dict[str, Any]) -> None:
        """Fit the process to its resources; the first trial is opened by its first step."""
        drop_driver_folders()
        self._config = config
        self._compiled_runs = CompiledRunCache()
        self._spec: SweepSpec | None = None
        self._worker: TrialWorker | None = None
        self._node: NodeTrial | None = None
        self._is_prepared = False
        self._termination = Termination()
        self._termination.install()

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Have the next step open the next trial; compiled programs stay."""
        self._leave_worker()
        self._config = new_config
        return True

    def cleanup(self) -> None:
        """Leave the last trial."""
        self._leave_worker()

    def _leave_worker(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None
        if self._node is not None:
            self._node.close()
            self._node = None

    def step(self) -> dict[str, Any]:
        """Train to the next evaluation and report it; an ended trial reports `done`.

        The ids of the programs that this process holds come with it, in one text. ProcessTerminatedError where
        the process was asked to end; the trial has saved its state then.
        """
        with self._termination.working():
            result = self._advance()
        if RECORD not in result:
            self._termination.check()
        return result

    def _advance(self) -> dict[str, Any]:
        """Do the work of `step`."""
        try:
            worker = self._worker or self._open()
        except (OSError, SweepboxError) as error:
            # Nothing of the trial has begun: its folder or this machine is the cause.
            return {"done": True, OUTSIDE_CAUSE: outside_cause(error) or str(error)}
        result = self._evaluated(worker)
        return {**result, PROGRAMS: " ".join(self._compiled_runs.programs)}

    def _evaluated(self, worker: TrialWorker) -> dict[str, Any]:
        """Return the result of the next evaluation; for a sweep on a URI, with the trial's manifest."""
        node = self._node
        if node is None:
            return result_of(worker.next_evaluation())
        try:
            outcome = worker.next_evaluation()
        except Exception:
            node.published()
            node.close()
            raise
        unsaved_s, manifest = node.unsaved_s, node.published()
        if not outcome.is_running:
            node.close()
        return {**result_of(outcome), MANIFEST: manifest, UNSAVED: unsaved_s}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Write nothing: a trial's state to resume from is in its own folder after every evaluation."""

    def load_checkpoint(self, checkpoint_dir: str) -> None:
        """Read nothing; see `save_checkpoint`."""

    def _open(self) -> TrialWorker:
        """Return the worker of the trial that the config names."""
        if not self._is_prepared:
            cpus, gpus = self._config[CPU_KEY], self._config[GPU_KEY]
            prepare_process(cpus=cpus, gpus=gpus, backend=Backend(self._config[BACKEND_KEY]))
            self._is_prepared = True
        sweep = self._open_folder()
        self._spec = self._spec or load_spec(sweep.spec)
        self._worker = TrialWorker(
            sweep,
            self._config[TRIAL_KEY],
            self._compiled_runs,
            spec=self._spec,
            is_terminating=lambda: self._termination.is_requested,
        )
        return self._worker

    def _open_folder(self) -> SweepFolder:
        """Return the sweep's folder: the driver's, or one of this machine with what the trial needs."""
        if ORDER_KEY not in self._config:
            return SweepFolder(Path(self._config[SWEEP_KEY]))
        order = NodeOrder(**self._config[ORDER_KEY])
        sweep = NodeSweep(order)
        self._node = NodeTrial(sweep, order, self._config[TRIAL_KEY])
        return sweep.folder


def result_of(outcome: Outcome) -> dict[str, Any]:
    """Return what Ray is told: the evaluation with its score, or only that the trial has ended.

    The metrics travel as one text. Ray would keep several figures of each number for every trial in the memory
    of its driver, and write them all when the sweep ends.
    """
    result: dict[str, Any] = {"done": not outcome.is_running}
    if outcome.outside_cause is not None:
        result[OUTSIDE_CAUSE] = outcome.outside_cause
    if outcome.evaluation is not None:
        result |= {
            SCORE: outcome.score,
            RECORD: evaluation_text(outcome.evaluation),
        }
    return result
