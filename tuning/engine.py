"""The training engine of one process: kept from trial to trial, so that nothing is traced or compiled twice."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detection.runner import RunSettings, TrainingRun


class Engine:
    """Holds one training run, which starts over for each trial."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._run: TrainingRun | None = None
        self.reused = False
        """Whether the last run could use the program that was compiled for the one before."""

    def run_for(self, settings: "RunSettings") -> "TrainingRun":
        """Return a run at step 0 with these settings."""
        if self._run is None:
            from detection.runner import TrainingRun

            self._run = TrainingRun(settings)
            return self._run
        before = self._run.static_key
        try:
            self._run.reset(settings)
        except BaseException:
            self._run = None
            raise
        self.reused = self._run.static_key == before
        return self._run


def prepare_process(*, cpus: float, gpus: float) -> None:
    """Fit this process to a trial's share of the machine; to be called before TensorFlow is loaded.

    Threads follow the CPUs. With a GPU, memory is taken as it is needed, so that several trials can share it;
    without, none is touched.
    """
    threads = str(max(int(cpus), 1))
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        os.environ[name] = threads
    os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    if gpus == 0:
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
