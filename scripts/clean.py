"""`sweepbox clean`: free disk space of a sweep or of decoded images."""

from pathlib import Path
from typing import Annotated

import typer

from sweepbox.detection.core.errors import UsageError
from sweepbox.scripts.cli import output_console, run


def command(
    sweep: Annotated[str | None, typer.Argument(help="The folder of a sweep that does not run.")] = None,
    *,
    cache: Annotated[
        Path | None, typer.Option(help="A folder of records, or a cache folder: decoded images not in use.")
    ] = None,
    fetched: Annotated[
        bool, typer.Option("--fetched", help="What this machine fetched from URIs, where it is not in use.")
    ] = False,
) -> None:
    """Free disk space of a sweep, of decoded images or of fetched files, and print how much.

    Of a sweep: saved states of trials that have ended, and what killed processes left. It can still be resumed,
    exported and reported on. Decoded images are written again, and files fetched again, by the next run that
    needs them.
    """
    if sweep is None and cache is None and not fetched:
        raise UsageError("name a sweep's folder, a folder of records with --cache, or --fetched")
    console = output_console()
    if sweep is not None:
        from sweepbox.detection.core.remote.uri import is_uri
        from sweepbox.tuning.sweep.clean import clean_sweep

        if is_uri(sweep):
            raise UsageError(f"{sweep}: states of ended trials are deleted on a store at once; nothing is left")
        freed = _megabytes(clean_sweep(Path(sweep)))
        console.print(f"{sweep}: {freed} freed", highlight=False, markup=False)
    if cache is not None:
        from sweepbox.detection.data.cache.freeing import free_cache

        console.print(f"{cache}: {_megabytes(free_cache(cache))} freed", highlight=False, markup=False)
    if fetched:
        from sweepbox.detection.core.remote.fetched import fetched_root
        from sweepbox.detection.data.cache.freeing import free_fetched_files
        from sweepbox.tuning.storage.remote.freeing import free_mirrors

        freed = _megabytes(free_fetched_files() + free_mirrors())
        console.print(f"{fetched_root().parent}: {freed} freed", highlight=False, markup=False)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


if __name__ == "__main__":
    run(command)
