"""Training on carried images with JAX: the speed at one batch size, and the turn to the next trial.

    python -m experiments.benchmarks.ours.gpu_training --config C --carried FOLDER --batch-size B --steps N

Prints one JSON line: images/s, the share of the time spent waiting for input, peak memory of the device in MiB
(null where it does not tell), operations an image; the seconds to build the program and to the end of its first
step, whether it came from JAX's compilation cache (JAX_COMPILATION_CACHE_DIR), and the seconds of the turn to
another trial of the same program, its first step included.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

from experiments.benchmarks.ours.carried import add_options, carried_settings, on_gpu

WARM = 5
NEXT_TRIAL = ("learning_rate=0.001",)


def main() -> None:
    options = _arguments()
    on_gpu()
    print(json.dumps(_speed(options)))


def _speed(options: argparse.Namespace) -> dict[str, Any]:
    """Return the speed after the compiled steps."""
    import jax

    from experiments.benchmarks.ours.flops import training_flop_per_image
    from sweepbox.detection.runner import TrainingRun

    steps = 2 * WARM + options.steps
    shape = {"steps": steps, "batch_size": options.batch_size}
    settings = carried_settings(options, Path("unused"), **shape)
    jax.numpy.zeros(1).block_until_ready()  # the device is there before anything is timed
    cached, started = cached_programs(), time.perf_counter()
    run = TrainingRun(settings)
    built = time.perf_counter()
    run.advance(1)
    first = time.perf_counter()
    from_cache = bool(cached) and cached_programs() == cached
    run.advance(WARM - 1)
    summary = run.advance(options.steps)
    memory = jax.devices()[0].memory_stats() or {}
    turn_s, traces = _turn(run, carried_settings(options, Path("unused"), **shape, changes=NEXT_TRIAL))
    run.close()
    return {
        "images_per_s": summary.images_per_s,
        "input_wait_fraction": summary.input_wait_fraction,
        "peak_mib": memory.get("peak_bytes_in_use", 0) / 2**20 or None,
        "flop_per_image": training_flop_per_image(run.detector.network),
        "build_s": built - started,
        "first_step_s": first - built,
        "from_cache": from_cache,
        "turn_s": turn_s,
        "turn_traces": traces,
    }


def _turn(run: Any, settings: Any) -> tuple[float, int]:
    """Return the seconds from one trial to the end of the first step of the next, and what was traced."""
    traces, started = run.traces, time.perf_counter()
    run.reset(settings)
    run.advance(1)
    return time.perf_counter() - started, run.traces - traces


def cached_programs() -> set[str]:
    """Return the training programs in JAX's compilation cache; none without such a folder."""
    folder = Path(os.environ.get("JAX_COMPILATION_CACHE_DIR", ""))
    return {path.name for path in folder.glob("jit__train-*")} if folder.name else set()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--steps", type=int, default=40)
    return parser.parse_args()


if __name__ == "__main__":
    main()
