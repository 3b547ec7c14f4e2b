"""The report page of large sweeps: its size, the time to write it, until it is interactive, and memory.

The trials are generated, see `generated_sweep.py`. The page is opened in a headless Chromium; without one only
size and writing are measured. At most 6 MB and two seconds are wanted for 1,000 trials.
"""

from collections.abc import Iterator

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import Workspace

COUNTS = (100, 1000)
FIGURES = (
    ("size of the page", "bytes", 1e-6, "MB"),
    ("writing the page at the end of a sweep", "write_s", 1, "s"),
    ("peak memory of writing it", "peak_mib", 1, "MiB"),
    ("time until the page is interactive", "interactive_s", 1, "s"),
    ("time until its first chart is drawn", "chart_s", 1, "s"),
    ("memory of the page's scripts, all charts drawn", "heap_mib", 1, "MiB"),
)


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield each figure of 1,000 trials beside that of 100."""
    records = str(workspace.synthetic(16))
    few, many = (
        workspace.ours("report", "--records", records, "--trials", str(count)).facts for count in COUNTS
    )
    for name, key, factor, unit in FIGURES:
        if key in many:
            peer = f"{COUNTS[0]} trials"
            yield Figure(f"{name}, {COUNTS[1]:,} trials", unit, factor * many[key], factor * few[key], peer)
