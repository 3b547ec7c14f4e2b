"""The options of `sweepbox sweep`, with their help."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from sweepbox.scripts.sweep_path import sweep_file

Spec = Annotated[
    Path,
    Argument(help="The sweep file (YAML), or URI/sweep.yaml to resume.", parser=sweep_file, metavar="SPEC"),
]
Data = Annotated[
    str | None, Option(metavar="PATH|URI", help="Annotated photographs, or prepared records (also on a URI).")
]
Out = Annotated[
    str | None, Option(help="The sweep's folder, or a URI such as s3://BUCKET/PATH. By default runs/NAME.")
]
Trials = Annotated[int | None, Option(min=1, help="How many trials, instead of the file's.")]
TimeBudget = Annotated[str | None, Option(help="Time for the sweep: 90s, 10m, 1h30m.")]
GpuHours = Annotated[float | None, Option(min=1e-6, help="The most GPU-hours of all trials.")]
CostLimit = Annotated[float | None, Option(min=1e-6, help="The most money; the file has the price.")]
Confirm = Annotated[str | None, Option(help="TOPxSEEDS[xFOLDS]: train the best configs again, such as 3x2.")]
TestFraction = Annotated[float | None, Option(min=0, max=0.99, help="Share of photographs for the final test.")]
Address = Annotated[str | None, Option(help="A Ray cluster's address, or `auto`.")]
Resume = Annotated[bool, Option("--resume", help="Go on with the sweep in the folder.")]
TakeOver = Annotated[
    bool, Option("--take-over", help="With --resume on a URI: take it from a driver that seems alive.")
]
DryRun = Annotated[bool, Option("--dry-run", help="Check, time a warm-up, forecast; no sweep.")]
LogImages = Annotated[
    int | None, Option(min=0, max=64, help="How many validation images each evaluation draws for TensorBoard.")
]
Dashboard = Annotated[
    bool, Option("--dashboard", help="Show the sweep in a browser while it runs; prints the link.")
]
