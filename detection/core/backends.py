"""The library that Keras computes with: chosen once in a process, before Keras is loaded."""

import importlib.util
import os
import sys
from enum import StrEnum

from sweepbox.detection.core.errors import UsageError

VARIABLE = "KERAS_BACKEND"
ONEDNN_VARIABLE = "TF_ENABLE_ONEDNN_OPTS"


class Backend(StrEnum):
    """The libraries that can train a detector; each value is what Keras calls it and its package's name."""

    TENSORFLOW = "tensorflow"
    JAX = "jax"


def backend_of(name: str) -> Backend:
    """Return the backend of that name; UsageError lists the names."""
    try:
        return Backend(name)
    except ValueError:
        raise UsageError(f"backend {name!r}: there is no such backend; give {' or '.join(Backend)}") from None


def check_installed(backend: Backend) -> None:
    """Raise UsageError, naming what to install, where a backend's package cannot be imported."""
    if importlib.util.find_spec(backend.value) is None:
        wanted = "'sweepbox[jax]'" if backend is Backend.JAX else backend.value
        raise UsageError(f"backend {backend.value}: it is not installed here; pip install {wanted}")


def use_backend(backend: Backend) -> None:
    """Let Keras compute with `backend` in this process; UsageError where it is missing or comes too late."""
    check_installed(backend)
    keras = sys.modules.get("keras")
    if keras is not None and (loaded := keras.config.backend()) != backend:
        raise UsageError(f"Keras runs on {loaded} in this process already; start another for {backend.value}")
    os.environ[VARIABLE] = backend.value


def choose_kernels() -> None:
    """Let TensorFlow, where it is loaded later in this process, compute with oneDNN on a CPU.

    It does so of its own accord on processors with instructions for neural networks; on others, too, oneDNN is
    the faster library (experiments/benchmarks). What the user has decided stands.
    """
    os.environ.setdefault(ONEDNN_VARIABLE, "1")
