"""The measured latency of a detector: from one image of the network's size to its detections."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.seeds import generator
from sweepbox.detection.model.precision import Precision
from sweepbox.detection.model.program import compiled
from sweepbox.detection.model.ssd import SsdDetector, build_detector

WARM_UP = 5
MEASURED = 50


def measure_latency_ms(ssd: pb.Ssd, *, precision: Precision = Precision.FLOAT32) -> float:
    """Return the median of the milliseconds of `MEASURED` images after `WARM_UP` others, one at a time.

    Normalisation, network and post-processing count, the transfer to and from the device too; reading and
    resizing the image does not. The weights are random, so that suppression has all boxes above the score
    threshold to compare.

    Raises:
        ConfigError: The `model.ssd` message is not supported.
    """
    detector = build_detector(ssd, precision=precision)
    pixels = generator(0, "latency").integers(0, 256, (1, *detector.input_size, 3)).astype(np.uint8)
    detect = _compiled(detector)
    seconds = []
    for _ in range(WARM_UP + MEASURED):
        started = time.perf_counter()
        detect(pixels)
        seconds.append(time.perf_counter() - started)
    return 1000 * statistics.median(seconds[WARM_UP:])


def _compiled(detector: SsdDetector) -> Callable[[Any], list[Any]]:
    """Return a compiled function from pixels to detections in the memory of the host."""
    sizes = np.asarray([detector.input_size], np.int32)
    names = ("detection_boxes", "detection_scores", "detection_classes", "num_detections")

    def detect(pixels: Any) -> list[Any]:
        outputs = detector.network(detector.normalise(pixels), training=False)
        found = detector.postprocess(outputs, ops.convert_to_tensor(sizes))
        return [found[name] for name in names]

    return compiled(detect, [*detector.network.variables, *detector.values])
