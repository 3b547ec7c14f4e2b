"""Fits a worker process to its share of a machine."""

import os

from sweepbox.detection.core.backends import Backend, choose_kernels, use_backend
from sweepbox.detection.core.device_memory import limit_tensorflow_memory

SHARED_MEMORY_FRACTION = 0.92
"""What of a GPU's memory its trials divide among them; the rest is for the driver's part of each process."""

GPU_VARIABLE, NO_GPU = "CUDA_VISIBLE_DEVICES", "-1"

MEMORY_VARIABLES = {"XLA_CLIENT_MEM_FRACTION", "XLA_PYTHON_CLIENT_MEM_FRACTION"}
"""The names by which JAX takes the fraction; it refuses both at once."""


def prepare_process(*, cpus: float, gpus: float, backend: Backend = Backend.TENSORFLOW) -> None:
    """Fit this process to a trial's share of the machine; to be called before Keras is loaded.

    UsageError where the backend is not installed here. Threads follow the CPUs. With a GPU, memory is taken as
    it is needed, so that several trials can share it, up to the trial's share; without, none is touched. What
    the user has set in XLA_CLIENT_MEM_FRACTION, by its new or old name, stands.
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
        os.environ[GPU_VARIABLE] = NO_GPU
        return
    fraction = SHARED_MEMORY_FRACTION * min(gpus, 1)
    if backend is Backend.TENSORFLOW and gpus < 1:
        limit_tensorflow_memory(fraction)
    elif backend is Backend.JAX and not MEMORY_VARIABLES & set(os.environ):
        os.environ["XLA_CLIENT_MEM_FRACTION"] = f"{fraction:.4f}"


def gpus_of_process() -> str | None:
    """Return the numbers of the GPUs that this process may use, None where it uses none or no number is set."""
    numbers = os.environ.get(GPU_VARIABLE, NO_GPU)
    return None if numbers in ("", NO_GPU) else numbers
