"""A trace of the device by the backend's profiler, for TensorBoard's profile plugin (and XProf)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras


@contextmanager
def device_trace(directory: Path) -> Iterator[None]:
    """Trace the block to `directory`/plugins/profile/TIME/, which `tensorboard --logdir directory` reads."""
    if keras.config.backend() == "jax":
        import jax  # type: ignore[import-not-found, unused-ignore]

        with jax.profiler.trace(str(directory)):
            yield
    else:
        import tensorflow as tf

        with tf.profiler.experimental.Profile(str(directory)):
            yield
