"""Measure our training in a fresh process: build, first step, further steps, and the switch between trials.

    python -m experiments.benchmarks.ours.training --config C --records FOLDER --steps N --batch-size B
                                                   [--precision bfloat16] [--switches 3] [--limit-s 60]

Prints FIRST_STEP when the first step has ended, and one JSON line: the seconds of every step, images/s over all
but the first two steps, and peak memory. With --switches it also measures the time from the end of a trial to
the end of the first step of the next, minus one step; each trial has another focal gamma and clipping and, as
in a sweep, the same seed. With --limit-s no step starts after that many seconds of steps, but at least two
steps are run.
"""

import argparse
import json
import resource
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from experiments.benchmarks.ours.settings import choose_backend, run_settings
from experiments.benchmarks.workspace import FIRST_STEP

MIN_STEPS = 2


def main() -> None:
    options = _arguments()
    choose_backend()
    from sweepbox.detection.runner import TrainingRun

    settings = run_settings(
        options.config, options.records, precision=options.precision, batch_size=options.batch_size
    )
    run = TrainingRun(settings)
    seconds: list[float] = []
    while len(seconds) < options.steps and (len(seconds) < MIN_STEPS or sum(seconds) < options.limit_s):
        started = time.perf_counter()
        run.advance(1)
        seconds.append(time.perf_counter() - started)
        if len(seconds) == 1:
            print(FIRST_STEP, flush=True)
    median = statistics.median(seconds[2:] or seconds[1:])
    facts = {
        "step_s": [round(value, 4) for value in seconds],
        "images_per_s": options.batch_size / median,
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "switch_s": [_switch(run, settings, number) - median for number in range(options.switches)],
    }
    run.close()
    print(json.dumps(facts))


def _switch(run: Any, settings: Any, number: int) -> float:
    """Return the seconds to start another trial, including its first step."""
    config = type(settings.config)()
    config.CopyFrom(settings.config)
    config.model.ssd.loss.classification_loss.weighted_sigmoid_focal.gamma = 1.5 + 0.1 * number
    config.train_config.gradient_clipping_by_norm = 5.0 + number
    started, traces = time.perf_counter(), run.traces
    run.reset(replace(settings, config=config))
    run.advance(1)
    if run.traces != traces:
        raise RuntimeError("the next trial traced the program again")
    return time.perf_counter() - started


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--switches", type=int, default=0)
    parser.add_argument("--limit-s", type=float, default=float("inf"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
