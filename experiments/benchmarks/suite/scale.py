"""What a sweep's driver takes with 2,000 trials beside 200: CPU time for a trial, memory, status and report.

The trials train nothing and write what trials write. 2,000 run on a virtual clock in the process of the driver,
which is its own cost; 500 run on Ray with 16 workers that sleep, which adds the cost of Ray Tune. The last
hundred but one counts, as no trial is made during the last.
"""

import shutil
from collections.abc import Iterator
from typing import Any

from experiments.benchmarks.figure import Figure
from experiments.benchmarks.workspace import Workspace

FEW, MANY, ON_RAY, WORKERS = 200, 2000, 500, 16
PARTS = (
    ("driver's CPU time for a trial, without Ray", "trial_ms", "ms", 1.5),
    ("of it, making the next trial", "next_trial_ms", "ms", None),
    ("one look of the monitor, each second", "poll_ms", "ms", None),
    ("driver's memory", "mib", "MiB", 1.25),
)


def measure(workspace: Workspace) -> Iterator[Figure]:
    """Yield the figures of both samplers, of readers, and of the driver on Ray."""
    records = workspace.synthetic(16)
    for sampler in ("tpe", "random"):
        out = workspace.folder / f"scale_{sampler}"
        rows = _run(workspace, "simulated_trials", str(records), out, MANY, "--sampler", sampler)["hundreds"]
        few, many = rows[FEW // 100 - 1], rows[-2]
        for name, key, unit, limit in PARTS:
            yield Figure(
                f"{name}, {sampler}, trial {MANY:,}", unit, many[key], few[key], f"trial {FEW}", limit=limit
            )
    yield from _readers(workspace)
    yield from _on_ray(workspace)


def _run(workspace: Workspace, script: str, records: str, out: Any, trials: int, *words: str) -> Any:
    shutil.rmtree(out, ignore_errors=True)
    arguments = ("--records", records, "--out", str(out), "--trials", str(trials), *words)
    return workspace.ours(script, *arguments).facts


def _readers(workspace: Workspace) -> Iterator[Figure]:
    """Yield the time of commands that read the sweep of 2,000 trials."""
    path = str(workspace.folder / "scale_random")
    nothing = min(workspace.command("status", "--help") for _ in range(2))
    for name, words, most in (
        ("`sweepbox status`", ("status", path), 1),
        ("`sweepbox status --json`", ("status", path, "--json"), 1),
        ("`sweepbox report --no-detector`", ("report", path, "--no-detector"), 2),
    ):
        seconds = min(workspace.command(*words) for _ in range(2))
        yield Figure(
            f"{name}, {MANY:,} trials (at most {most} s required)",
            "s",
            seconds,
            nothing,
            "`sweepbox status --help`",
        )


def _on_ray(workspace: Workspace) -> Iterator[Figure]:
    """Yield the driver's CPU time for a trial and its memory under Ray."""
    out, records = workspace.folder / "scale_ray", str(workspace.synthetic(16))
    found = _run(workspace, "many_trials", records, out, ON_RAY, "--workers", str(WORKERS))
    notes = found["notes"]

    def at(ended: int) -> dict[str, float]:
        return next(note for note in notes if note["ended"] >= ended)

    first, second, third, fourth = at(100), at(200), at(ON_RAY - 150), at(ON_RAY - 50)
    early, late = (
        1000 * (end["cpu_s"] - begin["cpu_s"]) / (end["ended"] - begin["ended"])
        for begin, end in ((first, second), (third, fourth))
    )
    peer = "trials 101 to 200"
    yield Figure(f"driver's CPU time for a trial, Ray, {ON_RAY} trials", "ms", late, early, peer, limit=1.5)
    yield Figure(
        f"driver's memory, Ray, {ON_RAY} trials", "MiB", fourth["mib"], second["mib"], peer, limit=1.25
    )
