"""Compute to come within 1 % of the best score in simulated sweeps, for every sampler and stopping rule.

Sweeps of 64 trials on 8 workers, 30 seeds, two synthetic families of learning curves (`search_families.py`).
Compute is in whole trainings. A sweep that never comes there is censored: it counts with all 64.
"""

from collections.abc import Iterator, Sequence
from statistics import mean

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import Workspace

TRIALS, SEEDS, PROCESSES = 64, 30, 2
BASELINE = ("random", "none")


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield the mean compute of each family, sampler and rule, beside random search that stops no trial."""
    counts = ("--trials", str(TRIALS), "--seeds", str(SEEDS), "--processes", str(PROCESSES))
    found = workspace.ours("search", *counts, OMP_NUM_THREADS="1").facts
    for name, reason in found["left_out"].items():
        print(f"  {name} is left out: {reason}", flush=True)
    computed = {(run["family"], run["sampler"], run["rule"]): run["trainings"] for run in found["runs"]}
    for (family, sampler, rule), trainings in computed.items():
        yield Figure(
            f"{family}: {sampler}, {rule}",
            "trainings",
            mean_compute(trainings, all_trials=TRIALS),
            mean_compute(computed[(family, *BASELINE)], all_trials=TRIALS),
            "random search without early stopping",
            note=f"{trainings.count(None)} of {len(trainings)} censored",
        )


def mean_compute(trainings: Sequence[float | None], *, all_trials: int) -> float:
    """Return the mean compute; a censored sweep, None, counts with all its trials."""
    return mean(all_trials if compute is None else compute for compute in trainings)
