"""A sweep as an argument of a command: its folder, or its URI."""

from pathlib import Path
from typing import Annotated

from typer import Argument


def sweep_path(text: str) -> Path:
    """Return the folder of a sweep on this machine; of one on a URI, a fresh mirror."""
    from sweepbox.tuning.storage.remote.reader import local_sweep

    return local_sweep(text)


def sweep_file(text: str) -> Path:
    """Return a sweep file on this machine; `URI/sweep.yaml` of a sweep on a store is that of a fresh mirror.

    UsageError where there is no such file.
    """
    from sweepbox.detection.core.errors import UsageError
    from sweepbox.detection.core.remote.uri import is_uri
    from sweepbox.tuning.storage.folder import SweepFolder

    if is_uri(text):
        path, mark, query = text.partition("?")
        return SweepFolder(sweep_path(path.removesuffix("/sweep.yaml") + mark + query)).spec
    if not Path(text).is_file():
        raise UsageError(f"{text}: there is no such sweep file; correct the path")
    return Path(text)


SweepPath = Annotated[Path, Argument(help="The sweep's folder or URI.", parser=sweep_path, metavar="SWEEP")]
Source = Annotated[
    Path,
    Argument(
        help="Folder or URI of a sweep, folder of a training run, or a checkpoint folder.",
        parser=sweep_path,
        metavar="SOURCE",
    ),
]
