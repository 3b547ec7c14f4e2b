"""Average precision of 1,000 bootstrap resamples of 116 images, from the matches of one evaluation."""

from collections.abc import Iterator

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import Workspace

IMAGES, RESAMPLES = 116, 1000


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield the time on one core, with evaluating every resample anew as the baseline."""
    counts = ("--images", str(IMAGES), "--resamples", str(RESAMPLES))
    one_core = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    found = workspace.ours("resampled_metrics", *counts, **one_core).facts
    yield Figure(
        f"mAP and AP of 3 classes, {RESAMPLES:,} resamples of {IMAGES} images, one core (at most 10 s)",
        "s",
        found["weighted_s"],
        found["evaluated_s"],
        "evaluating every resample, our evaluator",
        aim=10,
        note=f"largest difference {found['largest_difference']:.1e}",
    )
