"""What a node of a cluster finds out about itself; runs in a worker there.

The module is sent to the node as a whole, since Sweepbox may not be installed there: standard library only.
"""

import csv
import hashlib
import os
import platform
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

NVIDIA_SMI = (
    "nvidia-smi",
    "--query-gpu=name,memory.total,memory.free,driver_version",
    "--format=csv,noheader,nounits",
)
SMI_TIMEOUT_S = 20


def facts_of_this_node(
    packages: Sequence[str], folders: Sequence[str], token: str, files: Mapping[str, str]
) -> dict[str, Any]:
    """Return the facts of this node as plain values.

    Args:
        packages: The packages whose versions are wanted.
        folders: Folders that every node must reach, each with a file `token` that the driver has written. This
            node writes a file of its own beside it, which shows the driver that both see the same folder.
        token: The name of these files, without the node's part.
        files: Files that every node must read, with the SHA-256 of what the driver reads.
    """
    temporary = Path(tempfile.gettempdir())
    return {
        "host": socket.gethostname(),
        "python": platform.python_version(),
        "packages": _versions(packages),
        "gpus": _gpus(),
        "temporary": str(temporary),
        "free_bytes": shutil.disk_usage(temporary).free,
        "folders": {folder: _reach(Path(folder), token) for folder in folders},
        "unreadable": {
            path: problem for path, sha256 in files.items() if (problem := _other(Path(path), sha256))
        },
    }


def clock_of_this_node() -> float:
    """Return the time of this node's clock, in seconds since the epoch."""
    return time.time()


def _versions(packages: Sequence[str]) -> dict[str, str]:
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _gpus() -> list[dict[str, Any]]:
    """Return the GPUs that NVIDIA's driver names; none where there is no driver."""
    try:
        told = subprocess.run(  # noqa: S603 - a fixed command
            NVIDIA_SMI, capture_output=True, text=True, check=True, timeout=SMI_TIMEOUT_S
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [
        {"name": name, "total_mib": int(total), "free_mib": int(free), "driver": driver}
        for name, total, free, driver in csv.reader(told.splitlines(), skipinitialspace=True)
    ]


def _reach(folder: Path, token: str) -> dict[str, str]:
    """Return the `file` that was written to a folder, or the `problem` that makes it of no use from here."""
    if not folder.is_dir():
        return {"problem": "there is no such folder"}
    if not (folder / token).is_file():
        return {"problem": "it is not the folder that the driver sees"}
    own = folder / f"{token}-{socket.gethostname()}-{os.getpid()}"
    try:
        own.touch()
    except OSError as error:
        return {"problem": error.strerror or str(error)}
    return {"file": own.name}


def _other(path: Path, sha256: str) -> str | None:
    """Return why a file cannot be read from here as the driver reads it; None where it can."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return error.strerror or str(error)
    return None if hashlib.sha256(content).hexdigest() == sha256 else "the driver reads another content"
