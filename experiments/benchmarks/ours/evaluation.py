"""Time our evaluation of a validation split in a fresh process.

    python -m experiments.benchmarks.ours.evaluation --config C --records FOLDER

Prints one JSON line: the seconds of the whole evaluation (tracing included) and the steady-state seconds per
image (the median time between batches).
"""

import argparse
import itertools
import json
import statistics
import time
from pathlib import Path

from experiments.benchmarks.ours.settings import choose_backend, run_settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--records", type=Path, required=True)
    options = parser.parse_args()
    choose_backend()
    from sweepbox.detection.runner import TrainingRun
    from sweepbox.detection.training.reports import ValidationProgress

    settings = run_settings(options.config, options.records, batch_size=2)
    run = TrainingRun(settings)
    times, images = [], []
    started = time.perf_counter()

    def record_time(progress: ValidationProgress) -> None:
        times.append(time.perf_counter())
        images.append(progress.images)

    run.evaluate(on_batch=record_time)
    seconds = time.perf_counter() - started
    run.close()
    # The first batch includes tracing; the last one may have fewer images.
    gaps = [later - earlier for earlier, later in itertools.pairwise(times[:-1])]
    facts = {
        "loop_s": seconds,
        "images": images[-1],
        "steady_s_per_image": statistics.median(gaps) / images[0],
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
