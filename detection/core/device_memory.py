"""How much memory this process has taken of its device, and a limit on it."""

import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.core.machine_memory import machine_memory

PROCESS_STATUS = Path("/proc/self/status")
MIB = 2**20
SMI_TIMEOUT_S = 20


@dataclass(frozen=True)
class PeakMemory:
    """The most memory that a process has taken so far, in bytes.

    Attributes:
        device_bytes: Of the GPU, or of the machine where it uses none.
        device_total: What the GPU or the machine has.
        host_bytes: Of the machine.
        on_gpu: Whether the device is a GPU.
    """

    device_bytes: int
    device_total: int
    host_bytes: int
    on_gpu: bool


def peak_memory() -> PeakMemory:
    """Return the peak of this process on the first device of the loaded Keras backend."""
    import keras

    host = peak_resident()
    on_gpu = jax_gpu_peak() if keras.backend.backend() == "jax" else tensorflow_gpu_peak()
    total = None if on_gpu is None else gpu_memory()
    if on_gpu is None or total is None:
        return PeakMemory(host, machine_memory(), host, on_gpu=False)
    return PeakMemory(on_gpu, total, host, on_gpu=True)


def jax_gpu_peak() -> int | None:
    """Return what JAX has taken of its GPU at most; None where it uses none, or does not tell."""
    import jax

    device = jax.devices()[0]
    told = None if device.platform == "cpu" else (device.memory_stats() or {}).get("peak_bytes_in_use")
    return None if told is None else int(told)


def tensorflow_gpu_peak() -> int | None:
    """Return what TensorFlow has taken of its GPU at most; None where it uses none."""
    import tensorflow as tf

    if not tf.config.list_logical_devices("GPU"):
        return None
    return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])


def limit_tensorflow_memory(fraction: float) -> None:
    """Let TensorFlow take this fraction of its GPU at most; to be called before it uses the GPU.

    Nothing happens where there is no GPU, or where NVIDIA's driver does not tell its memory.
    """
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    total = gpu_memory() if gpus else None
    if total is None:
        return
    limit = tf.config.LogicalDeviceConfiguration(memory_limit=int(total * fraction / MIB))
    tf.config.set_logical_device_configuration(gpus[0], [limit])


def gpu_memory() -> int | None:
    """Return the bytes of the first GPU that this process may use, as NVIDIA's driver tells; None without."""
    number = os.environ.get("CUDA_VISIBLE_DEVICES", "0").partition(",")[0]
    command = ["nvidia-smi", f"--id={number}", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(  # noqa: S603 - a fixed command
            command, capture_output=True, text=True, check=True, timeout=SMI_TIMEOUT_S
        ).stdout
        return int(told.split()[0]) * MIB
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def peak_resident(path: Path = PROCESS_STATUS) -> int:
    """Return the most memory of the machine that this process has held at a time, in bytes."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration, ValueError, IndexError):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
