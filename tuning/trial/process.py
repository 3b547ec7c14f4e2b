"""Fits a worker process to its share of a machine."""

import os

from sweepbox.detection.core.backends import Backend, choose_kernels, use_backend


def prepare_process(*, cpus: float, gpus: float, backend: Backend = Backend.TENSORFLOW) -> None:
    """Fit this process to a trial's share of the machine; to be called before Keras is loaded.

    UsageError where the backend is not installed here. Threads follow the CPUs. With a GPU, memory is taken as
    it is needed, so that several trials can share it; without, none is touched.
    """
    use_backend(backend)
    choose_kernels()
    threads = str(max(int(cpus), 1))
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        os.environ[name] = threads
    # Operations that do not wait for each other keep a second thread busy; more would fight for the cores.
    os.environ["TF_NUM_INTEROP_THREADS"] = "1" if threads == "1" else "2"
    os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    if backend is Backend.JAX and threads == "1":
        # XLA has no number of threads to set, only whether there are several.
        os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
    if gpus == 0:
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
