"""The device that the Keras backend computes on."""

import re
from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.core.processor import processor_name

NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


@dataclass(frozen=True)
class Device:
    """One device.

    Attributes:
        name: Its model, as its driver or the processor names it.
        driver: The version of the GPU's driver; None for a processor.
    """

    name: str
    driver: str | None = None


def current_device() -> Device:
    """Return the first GPU of the loaded Keras backend, or the processor where it has none."""
    import keras

    gpu = _jax_gpu() if keras.backend.backend() == "jax" else _tensorflow_gpu()
    return Device(processor_name()) if gpu is None else Device(gpu, _nvidia_driver())


def _tensorflow_gpu() -> str | None:
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return str(tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU")) if gpus else None


def _jax_gpu() -> str | None:
    import jax

    device = jax.devices()[0]
    return None if device.platform == "cpu" else str(device.device_kind)


def _nvidia_driver(path: Path = NVIDIA_DRIVER) -> str | None:
    try:
        match = re.search(r"Kernel Module\D*([\d.]+)", path.read_text())
    except OSError:
        return None
    return match[1] if match else None
