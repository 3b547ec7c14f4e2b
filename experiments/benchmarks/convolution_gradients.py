"""Time the methods of computing the gradient of a 3 × 3 convolution kernel on this processor.

    python -m experiments.benchmarks.convolution_gradients [--batch 2]

Compares TensorFlow's own kernel, with and without oneDNN, with one matrix product of shifted inputs and outputs
per kernel position, at the sizes of an SSD ResNet50 FPN at 640. Takes a minute on two cores. Expected: on x86
processors with AVX2 but without AVX-512 the matrix products are at least twice as fast as oneDNN's kernel;
elsewhere they are not.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

SIZES = ((160, 64), (80, 128), (40, 256), (20, 512), (80, 256), (20, 256))
REPETITIONS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument(
        "--here", action="store_true", help="time in this process, with its current oneDNN setting"
    )
    options = parser.parse_args()
    if options.here:
        _measure(options.batch)
        return
    for setting in ("1", "0"):
        print(f"oneDNN {'on' if setting == '1' else 'off'}", flush=True)
        environment = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": setting, "TF_CPP_MIN_LOG_LEVEL": "3"}
        words = [sys.executable, "-m", "experiments.benchmarks.convolution_gradients", "--here"]
        subprocess.run([*words, "--batch", str(options.batch)], env=environment, check=True)


def _measure(batch: int) -> None:
    """Print one line per size: milliseconds and GFLOP/s of both methods."""
    import tensorflow as tf

    from sweepbox.detection.model.convolution_tensorflow import kernel_gradient

    own = tf.function(
        lambda inputs, kernel, upstream: tf.raw_ops.Conv2DBackpropFilter(
            input=inputs,
            filter_sizes=tf.shape(kernel),
            out_backprop=upstream,
            strides=[1, 1, 1, 1],
            padding="SAME",
        )
    )
    products = tf.function(lambda inputs, kernel, upstream: kernel_gradient(inputs, upstream, kernel.shape))
    for side, channels in SIZES:
        maps = [tf.random.normal((batch, side, side, channels)) for _ in range(2)]
        arguments = (maps[0], tf.random.normal((3, 3, channels, channels)), maps[1])
        work = 2 * 9 * batch * side * side * channels * channels
        found = [_seconds(function, arguments) for function in (own, products)]
        timings = "   ".join(
            f"{1e3 * seconds:7.1f} ms {work / seconds / 1e9:5.0f} GFLOP/s" for seconds in found
        )
        print(f"  {side:3} x {side:3}, {channels:3} channels: own {timings} products", flush=True)


def _seconds(function: Callable[..., Any], arguments: tuple[Any, ...]) -> float:
    """Return the shortest time of a call, after one warm-up call."""
    function(*arguments)
    times = []
    for _ in range(REPETITIONS):
        started = time.perf_counter()
        function(*arguments).numpy()
        times.append(time.perf_counter() - started)
    return min(times)


if __name__ == "__main__":
    main()
