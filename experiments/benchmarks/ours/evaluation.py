"""Seconds of our evaluation over a validation part, in a fresh process.

    python -m experiments.benchmarks.ours.evaluation --config C --records FOLDER [--rounds 3]

Prints one JSON line: seconds of the first evaluation (tracing and COCO metrics included), and the steady
seconds an image: the median of further rounds, metrics included, too.
"""

import argparse
import json
import os
import statistics
import time
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    from detection.data.cache import open_record_set
    from detection.runner import TrainingRun
    from experiments.benchmarks.ours.settings import run_settings

    settings = run_settings(options.config, options.records, batch_size=2)
    run = TrainingRun(settings)
    images = len(open_record_set(settings.validation_records, settings.label_map))
    seconds = []
    for _ in range(1 + options.rounds):
        started = time.perf_counter()
        run.evaluate()
        seconds.append(time.perf_counter() - started)
    run.close()
    steady = statistics.median(seconds[1:]) / images
    print(json.dumps({"loop_s": seconds[0], "images": images, "steady_s_per_image": steady}))


if __name__ == "__main__":
    main()
