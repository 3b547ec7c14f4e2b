"""`sweepbox cluster`: find out whether a sweep could run on a Ray cluster."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweepbox.detection.core.remote.uri import is_uri
from sweepbox.scripts.cli import EXIT_BAD_INPUT, output_console, run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.table import Table

    from sweepbox.tuning.ray_backend.cluster_check import ClusterReport
    from sweepbox.tuning.ray_backend.cluster_findings import Node


class Action(StrEnum):
    """What to do with a cluster."""

    CHECK = "check"


def command(
    _action: Annotated[Action, typer.Argument(metavar="check", help="Examine every node.")],
    sweep: Annotated[
        Path | None, typer.Argument(help="A sweep file, for its data, backend and resources.", dir_okay=False)
    ] = None,
    *,
    address: Annotated[str, typer.Option(help="The cluster's address, or `auto`.")] = "auto",
    data: Annotated[
        str | None, typer.Option(metavar="PATH|URI", help="Prepared records that all nodes must reach.")
    ] = None,
    out: Annotated[
        str | None, typer.Option(metavar="PATH|URI", help="The folder in which sweeps will be; it is made.")
    ] = None,
    nodes: Annotated[int, typer.Option(min=1, help="Wait until this many nodes have joined.")] = 1,
    within: Annotated[float, typer.Option(min=0, help="The seconds to wait for them.")] = 180.0,
) -> None:
    """Examine every node of a Ray cluster: versions, GPUs, disk, clock, and the storage that all must reach.

    Ends with status 2, naming node and remedy, where a sweep could not work. `sweepbox sweep --address` checks
    the same before its first trial.
    """
    from sweepbox.detection.core.backends import Backend
    from sweepbox.tuning.ray_backend.cluster import arrange_environment, ray_session
    from sweepbox.tuning.ray_backend.cluster_check import Reach, check_cluster, wait_for_nodes
    from sweepbox.tuning.spec.file import load_spec
    from sweepbox.tuning.spec.resources import Resources

    spec = None if sweep is None else load_spec(sweep)
    if data is None and sweep is not None and spec is not None and spec.data is not None:
        data = str(spec.data) if is_uri(str(spec.data)) else str(sweep.parent / spec.data)
    reach = Reach.of(data=None if data is None else _records(data), out=None if out is None else _absolute(out))
    for folder in reach.folders:
        folder.mkdir(parents=True, exist_ok=True)
    arrange_environment(address)
    with ray_session(address=address) as connection:
        call, watch = connection.thread.call, connection.watch
        call(lambda: wait_for_nodes(nodes, within_s=within), check=watch.check)
        report = call(
            lambda: check_cluster(
                reach,
                backend=Backend.TENSORFLOW if spec is None else Backend(spec.backend),
                share=Resources() if spec is None else spec.resources_per_trial.least,
            ),
            check=watch.check,
        )
    _print(report, output_console())
    if not report.is_usable:
        raise typer.Exit(EXIT_BAD_INPUT)


def _absolute(place: str) -> "Path | str":
    """Return an absolute path; a URI stays as it is."""
    return place if is_uri(place) else Path(place).absolute()


def _records(data: str) -> "Path | str":
    """Return where prepared records are; UsageError where a folder has none."""
    from sweepbox.detection.core.errors import UsageError
    from sweepbox.detection.data.dataset.prepared import is_prepared

    place = _absolute(data)
    if isinstance(place, Path) and not is_prepared(place):
        raise UsageError(
            f"{data}: holds no prepared records, which nodes read; run `sweepbox prepare`, or leave them out "
            "where the sweep prepares them in its own folder"
        )
    return place


def _print(report: "ClusterReport", console: "Console") -> None:
    from rich.text import Text

    console.print(_table(report.nodes))
    for finding in report.findings:
        kind = ("refused", "red") if finding.is_fatal else ("warning", "yellow")
        console.print(Text.assemble(kind, f"  {finding}"), soft_wrap=True)
    usable, style = ("a sweep can run here", "green") if report.is_usable else ("no sweep can run here", "red")
    console.print(usable, style=style)


def _table(nodes: "Iterable[Node]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Nodes", title_justify="left")
    for column in ("node", "Python", "CPUs", "GPUs", "GPU memory free", "driver", "disk free", "clock"):
        table.add_column(column, justify="left" if column in ("node", "driver") else "right")
    for node in nodes:
        memory = ", ".join(f"{gpu.free_mib / 1024:.0f} of {gpu.total_mib / 1024:.0f} GiB" for gpu in node.gpus)
        cells = (
            node.name,
            node.python or "-",
            f"{node.resources.get('CPU', 0):g}",
            f"{node.resources.get('GPU', 0):g}",
            memory or "-",
            ", ".join(sorted({gpu.driver for gpu in node.gpus})) or "-",
            f"{node.free_bytes / 2**30:.0f} GiB",
            f"{node.clock_s:+.1f} s",
        )
        table.add_row(*map(Text, cells))
    return table


if __name__ == "__main__":
    run(command)
