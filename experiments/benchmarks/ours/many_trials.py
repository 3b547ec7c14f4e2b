"""Run a sweep of many pretended trials on Ray in this process; print what its driver takes as it grows.

    python -m experiments.benchmarks.ours.many_trials --records RECORDS --out RUN --trials 2000 --workers 64

The driver is that of the product, from `run_sweep` down to Ray Tune; see `pretended_trials.py` for the trials.
Prints one JSON line.
"""

import argparse
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import yaml

from experiments.benchmarks.generated_sweep import SPEC
from experiments.benchmarks.machine import ROOT
from experiments.benchmarks.ours import pretended_trials
from sweepbox.tuning.ray_backend import trainable
from sweepbox.tuning.ray_backend.cluster import arrange_environment, ray_session
from sweepbox.tuning.ray_backend.launch import run_sweep
from sweepbox.tuning.search.suggestions import Suggestions
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.state import SweepState


class Meter:
    """A listener that notes, about once a second, what the driver has used so far."""

    def __init__(self) -> None:
        self.notes: list[dict[str, float]] = []
        self._process = psutil.Process()
        self._began = time.perf_counter()

    def show(self, state: SweepState, _time_left_s: float | None) -> None:
        """Note the trials and evaluations so far, the time, the CPU time and the memory of this process."""
        self.notes.append(
            {
                "ended": state.ended,
                "started": len(state.trials),
                "running": state.count("running"),  # type: ignore[arg-type]
                "evaluations": sum(len(trial.evaluations) for trial in state.trials),
                "s": time.perf_counter() - self._began,
                "cpu_s": time.process_time(),
                "mib": self._process.memory_info().rss / 2**20,
            }
        )


class Stopwatch:
    """The CPU time of one method's calls, in their order."""

    def __init__(self, owner: type, name: str) -> None:
        self.calls: list[float] = []
        method = getattr(owner, name)

        def timed(*arguments: Any, **options: Any) -> Any:
            began = time.thread_time()
            try:
                return method(*arguments, **options)
            finally:
                self.calls.append(time.thread_time() - began)

        setattr(owner, name, timed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--trials", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--sampler", default="tpe")
    parser.add_argument("--seconds", type=float, default=2.0, help="of an evaluation")
    options = parser.parse_args()
    os.environ[pretended_trials.SECONDS_KEY] = str(options.seconds)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    trainable.TrialTrainable = pretended_trials.PretendedTrainable  # type: ignore[misc]
    file = options.out.with_suffix(".yaml")
    spec = {
        **SPEC,
        "data": str(options.records),
        "trials": options.trials,
        "sampler": {"type": options.sampler},
        "scheduler": {"type": "asha"},
        "resources_per_trial": {"cpu": 1},
    }
    file.write_text(yaml.safe_dump(spec))
    folder = create_sweep(SweepRequest(file, out=options.out))
    arrange_environment(None)
    meter, suggest = Meter(), Stopwatch(Suggestions, "suggest")
    with ray_session(address=None, cpus=options.workers):
        run_sweep(folder, listener=meter)
    print(json.dumps({"notes": meter.notes, "suggest_s": suggest.calls, "threads": threading.active_count()}))


if __name__ == "__main__":
    main()
