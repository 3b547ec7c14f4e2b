"""Seconds of our evaluation over a validation part, in a fresh process.

    python -m experiments.benchmarks.ours.evaluation --config C --records FOLDER

Prints one JSON line: seconds of the evaluation from its call to its metrics (tracing included), and the steady
seconds an image (the median time from one batch to the next).
"""

import argparse
import itertools
import json
import statistics
import time
from pathlib import Path

from experiments.benchmarks.ours.settings import begin, run_settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--records", type=Path, required=True)
    options = parser.parse_args()
    begin()
    from sweepbox.detection.runner import TrainingRun
    from sweepbox.detection.training.reports import ValidationProgress

    settings = run_settings(options.config, options.records, batch_size=2)
    run = TrainingRun(settings)
    times, images = [], []
    started = time.perf_counter()

    def stamp(progress: ValidationProgress) -> None:
        times.append(time.perf_counter())
        images.append(progress.images)

    run.evaluate(on_batch=stamp)
    seconds = time.perf_counter() - started
    run.close()
    # The first batch is traced, the last one may hold fewer images.
    gaps = [later - earlier for earlier, later in itertools.pairwise(times[:-1])]
    facts = {
        "loop_s": seconds,
        "images": images[-1],
        "steady_s_per_image": statistics.median(gaps) / images[0],
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
