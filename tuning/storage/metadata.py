"""`sweep.json`: the format of a sweep's folder, its data, and the processes that ran it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.files import sha256_of
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.json_records import STRICT, read_record, write_record

FORMAT = 4
"""The format that this version writes. Folders without `sweep.json` have format 1."""


@dataclass(frozen=True)
class Session:
    """One process that ran the sweep.

    Attributes:
        started: When it started, in seconds since the epoch.
        packages: The versions of the packages that results depend on, by name.
        ended_by: What ended it before all trials had ended, in words; None where nothing did.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    started: float
    packages: Mapping[str, str]
    ended_by: str | None = None


@dataclass(frozen=True)
class SweepMetadata:
    """What a sweep's folder states of itself.

    Attributes:
        format: The format of the folder.
        data_sha256: A hash of the contents of the sweep's records; None where format 1 did not keep it.
        files_sha256: Hashes of files that never change, by name; empty where an older version kept none.
        sessions: The processes that ran the sweep, in order.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    format: int = FORMAT
    data_sha256: str | None = None
    files_sha256: Mapping[str, str] = field(default_factory=dict)
    sessions: tuple[Session, ...] = field(default=())


@dataclass(frozen=True)
class _Format:
    """The format alone, which a newer version states too."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(strict=True, extra="ignore")

    format: int


def read_metadata(folder: SweepFolder) -> SweepMetadata:
    """Return a folder's metadata; that of format 1 where it has none.

    Raises:
        SweepError: The folder has a newer format, or the file is damaged.
    """
    if not folder.metadata.exists():
        return SweepMetadata(format=1)
    remedy = "restore it, or delete it if the sweep is of this version"
    _check_format(folder, read_record(_Format, folder.metadata, remedy=remedy).format)
    return read_record(SweepMetadata, folder.metadata, remedy=remedy)


def check_unchanged(folder: SweepFolder, path: Path) -> None:
    """Raise SweepError where a file of the sweep is missing or is not as the sweep wrote it."""
    expected = read_metadata(folder).files_sha256.get(path.name)
    if expected is None:
        return
    if not path.is_file():
        raise SweepError(f"{path}: the file is missing; restore it")
    if sha256_of(path) != expected:
        raise SweepError(f"{path}: damaged (it is not what the sweep began with); restore the file")


def write_metadata(folder: SweepFolder, metadata: SweepMetadata) -> None:
    """Write a folder's metadata, atomically."""
    write_record(metadata, folder.metadata)


def begin_session(folder: SweepFolder, packages: Mapping[str, str]) -> list[str]:
    """Record that a process starts to run the sweep, in the current format.

    Returns:
        A line for each package whose version differs from the last session's.
    """
    metadata = read_metadata(folder)
    before = metadata.sessions[-1].packages if metadata.sessions else {}
    session = Session(time.time(), dict(packages))
    write_metadata(folder, replace(metadata, format=FORMAT, sessions=(*metadata.sessions, session)))
    return [
        f"{name} is {packages.get(name, 'not installed')}, earlier trials of this sweep had {version}; "
        "results may differ slightly"
        for name, version in before.items()
        if packages.get(name) != version
    ]


def end_session(folder: SweepFolder, ended_by: str | None) -> None:
    """Record what ended the process that began the last session."""
    metadata = read_metadata(folder)
    *before, last = metadata.sessions
    write_metadata(folder, replace(metadata, sessions=(*before, replace(last, ended_by=ended_by))))


def _check_format(folder: SweepFolder, number: int) -> None:
    if number > FORMAT:
        raise SweepError(
            f"{folder.path}: has format {number}, this version of Sweepbox reads up to {FORMAT}; upgrade with "
            "`pip install --upgrade sweepbox`"
        )
