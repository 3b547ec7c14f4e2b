"""Latency of detection with JAX: bytes of pictures in, detections on the host out, one program.

    python -m experiments.benchmarks.ours.gpu_latency --config C --batch-sizes 1 16 [--calls 30]

The detector and its post-processing as training's evaluation runs them, with random weights: the suppression's
work does not depend on what is found. Prints one JSON line after each batch size, with all so far: median
seconds of a call after five warm ones, by batch size, and the seconds of the first call.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiments.benchmarks.ours.carried import on_gpu

WARM = 5


def main() -> None:
    options = _arguments()
    on_gpu()
    detect, size = _detector(options.config, options.precision)
    found: dict[str, float] = {}
    for batch_size in options.batch_sizes:
        found |= _latency(detect, size, batch_size, options.calls)
        print(json.dumps(found), flush=True)


def _detector(
    config_file: Path, precision: str
) -> tuple[Callable[[Any, Any], dict[str, Any]], tuple[int, int]]:
    """Return a compiled function from uint8 images and their sizes to detections, and the image size."""
    import jax
    import keras
    import numpy as np

    from sweepbox.detection.config.load import load_config
    from sweepbox.detection.data.augment import build_preprocessor
    from sweepbox.detection.model.precision import Precision
    from sweepbox.detection.model.ssd import build_detector
    from sweepbox.detection.training.step import DETECTION_NAMES

    config = load_config(config_file)
    detector = build_detector(config.model.ssd, precision=Precision(precision))
    preprocess = build_preprocessor(config.model.ssd.image_resizer, [])
    variables = [*detector.network.variables, *detector.values]

    def detect(values: list[Any], images: Any, sizes: Any) -> dict[str, Any]:
        count = images.shape[0]
        with keras.StatelessScope(list(zip(variables, values, strict=True))):
            no_objects = (np.zeros((count, 1, 4), np.float32), np.zeros((count, 1), np.int32))
            noise = np.zeros((count, 0), np.float32)
            ready = preprocess(
                images,
                sizes,
                *no_objects,
                np.zeros((count, 1), np.float32),
                noise,
                normalise=detector.normalise,
            )
            detections = detector.postprocess(detector.network(ready.images, training=False), ready.true_sizes)
        return {name: detections[name] for name in DETECTION_NAMES}

    compiled = jax.jit(detect)
    values = [variable.value for variable in variables]
    return lambda images, sizes: compiled(values, images, sizes), detector.input_size


def _latency(detect: Any, size: tuple[int, int], batch_size: int, calls: int) -> dict[str, float]:
    """Return the median seconds of a call at one batch size, and those of the first."""
    import jax
    import numpy as np

    pictures = np.random.default_rng(0).integers(0, 256, (batch_size, *size, 3), np.uint8)
    sizes = np.full((batch_size, 2), size, np.int32)
    seconds = []
    for _ in range(1 + WARM + calls):
        started = time.perf_counter()
        jax.device_get(detect(pictures, sizes))
        seconds.append(time.perf_counter() - started)
    return {f"{batch_size}": statistics.median(seconds[1 + WARM :]), f"first_{batch_size}": seconds[0]}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--precision", default="bfloat16")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--calls", type=int, default=30)
    return parser.parse_args()


if __name__ == "__main__":
    main()
