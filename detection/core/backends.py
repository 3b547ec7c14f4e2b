"""The Keras backend of a process; it must be chosen before Keras is imported."""

import importlib.util
import os
import sys
from enum import StrEnum

from sweepbox.detection.core.errors import UsageError

VARIABLE = "KERAS_BACKEND"
ONEDNN_VARIABLE = "TF_ENABLE_ONEDNN_OPTS"


class Backend(StrEnum):
    """The backends that can train a detector; each value is the name of the backend and of its package."""

    TENSORFLOW = "tensorflow"
    JAX = "jax"


def backend_of(name: str) -> Backend:
    """Return the backend of that name; UsageError lists the valid names."""
    try:
        return Backend(name)
    except ValueError:
        raise UsageError(f"backend {name!r}: there is no such backend; give {' or '.join(Backend)}") from None


def check_installed(backend: Backend) -> None:
    """Raise UsageError, naming the package to install, if a backend cannot be imported."""
    if importlib.util.find_spec(backend.value) is None:
        wanted = "'sweepbox[jax]'" if backend is Backend.JAX else backend.value
        raise UsageError(f"backend {backend.value}: it is not installed here; pip install {wanted}")


def use_backend(backend: Backend) -> None:
    """Select the Keras backend of this process.

    Raises:
        UsageError: The backend is not installed, or Keras has already been imported with another one.
    """
    check_installed(backend)
    keras = sys.modules.get("keras")
    if keras is not None and (loaded := keras.config.backend()) != backend:
        raise UsageError(f"Keras runs on {loaded} in this process already; start another for {backend.value}")
    os.environ[VARIABLE] = backend.value


def choose_kernels() -> None:
    """Enable oneDNN on CPUs for TensorFlow, unless the user has set `TF_ENABLE_ONEDNN_OPTS`.

    TensorFlow enables it by itself only on processors with instructions for neural networks; it is faster on
    others too (experiments/benchmarks). Call this before TensorFlow is imported.
    """
    os.environ.setdefault(ONEDNN_VARIABLE, "1")
