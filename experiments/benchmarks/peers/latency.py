"""Measure the latency of an exported model in plain TensorFlow, batch 1; runs in either environment.

Usage: python latency.py --model folder/saved_model --size 640 --calls 10

Prints one JSON line: the median seconds of a call after three warm-up calls. The image is noise with a fixed seed.
"""

import argparse
import json
import statistics
import time

import numpy as np
import tensorflow as tf

WARM_UP = 3


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--model", required=True)
    p.add_argument("--size", type=int, default=640)
    p.add_argument("--calls", type=int, default=10)
    a = p.parse_args()
    function = tf.saved_model.load(a.model).signatures["serving_default"]
    image = tf.constant(np.random.RandomState(0).randint(0, 256, (1, a.size, a.size, 3)).astype(np.uint8))
    seconds = []
    for _ in range(WARM_UP + a.calls):
        started = time.perf_counter()
        function(input_tensor=image)["num_detections"].numpy()
        seconds.append(time.perf_counter() - started)
    print(json.dumps({"latency_s": statistics.median(seconds[WARM_UP:]), "tensorflow": tf.__version__}))


if __name__ == "__main__":
    main()
