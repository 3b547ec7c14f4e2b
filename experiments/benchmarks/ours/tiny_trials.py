"""Run a sweep in this process; print its wall time, its trials' training time, and the driver's memory.

python -m experiments.benchmarks.ours.tiny_trials --spec FILE --data FOLDER --out FOLDER
"""

import argparse
import json
import time
from pathlib import Path

import psutil

from sweepbox.tuning.ray_backend.cluster import arrange_environment, ray_session
from sweepbox.tuning.ray_backend.launch import run_sweep
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("spec", "data", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    options = parser.parse_args()
    folder = create_sweep(SweepRequest(options.spec, data=options.data, out=options.out))
    arrange_environment(None)
    import optuna  # noqa: F401 - excludes imports from the timing, as `empty_trials` does
    from ray import tune  # noqa: F401

    with ray_session(address=None):
        started = time.perf_counter()
        outcome = run_sweep(folder)
        seconds = time.perf_counter() - started
    facts = {
        "seconds": seconds,
        "training_s": sum(trial.seconds for trial in outcome.state.trials),
        "driver_mib": psutil.Process().memory_info().rss / 2**20,
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
