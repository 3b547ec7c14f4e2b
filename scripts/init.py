"""`sweepbox init`: write a commented sweep file that fits data and config."""

from pathlib import Path
from typing import Annotated

import typer

from sweepbox.scripts.cli import command_line, run


def command(
    data: Annotated[Path, typer.Argument(help="Annotated photographs, or prepared records.")],
    *,
    config: Annotated[Path, typer.Option(help="The pipeline.config to start from.")],
    out: Annotated[Path, typer.Option(help="The sweep file to write.")] = Path("sweep.yaml"),
    weights: Annotated[
        str | None,
        typer.Option(
            help="Initial weights: a file, a checkpoint, `imagenet`, or `none` for random ones.",
            show_default="those of the config",
        ),
    ] = None,
    budget: Annotated[str | None, typer.Option(help="Time for the sweep: 90m, 4h, 2d.")] = None,
    gpus: Annotated[int, typer.Option(min=0, help="The GPUs for the sweep; 0 for CPUs alone.")] = 0,
    cpus: Annotated[int, typer.Option(min=1, help="Without GPUs, the CPUs: one trial on each.")] = 1,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it is there.")] = False,
) -> None:
    """Write a commented sweep file that fits data and config.

    Preset, augmentations, batch size, lengths and number of trials are chosen by rules, each with its reason in
    a comment. Times are estimates; `sweepbox sweep FILE --dry-run` measures them.
    """
    from sweepbox.scripts.progress import progress_bar
    from sweepbox.tuning.sweep.drafting import DraftRequest, write_draft

    request = DraftRequest(data, config, out, weights, budget, gpus, cpus, overwrite)
    with progress_bar("reading the data") as on_progress:
        text = write_draft(request, on_progress=on_progress)
    typer.echo(text, nl=False)
    typer.echo(f"\nwritten to {out}; to measure it: {command_line('sweep', out, '--dry-run')}", err=True)


if __name__ == "__main__":
    run(command)
