"""Where this machine keeps the mirrors of sweeps on stores, and whose mirror a folder is."""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sweepbox.detection.core.files import write_json
from sweepbox.detection.core.machine_cache import machine_cache
from sweepbox.detection.core.remote.location import Location
from sweepbox.detection.core.remote.retries import Retry

PLACE = "place.json"
FOLDER = "sweep"
LOCK = "fetch.lock"
MIRRORS = "sweeps"
RUNNING = "running.json"
PATIENCE = Retry()
"""How long a request of a mirror is repeated."""


class Role(StrEnum):
    """What a mirror is for; each role has its own, so that none sees what another one has half done."""

    DRIVER = "driver"
    TRIALS = "trials"
    READER = "reader"


@dataclass(frozen=True)
class Place:
    """A mirror's place on this machine.

    Attributes:
        root: Its folder, with notes on what is mirrored.
        location: The sweep on the store.
    """

    root: Path
    location: Location

    @property
    def folder(self) -> Path:
        """The sweep's folder, as all readers of sweeps know it."""
        return self.root / FOLDER

    @property
    def manifests(self) -> Path:
        """The manifests of what the folder holds."""
        return self.root / "manifests"

    @property
    def lock(self) -> Path:
        """Held while files are fetched into the folder."""
        return self.root / LOCK


def place_at(location: Location, role: Role, *, epoch: int | None = None) -> Place:
    """Return the place of a sweep's mirror for a role; trials have one for each epoch."""
    name = hashlib.sha256(location.uri.rstrip("/").encode()).hexdigest()[:24]
    own = role if epoch is None else f"{role}-{epoch:06}"
    return Place(_mirrors() / name / own, location.with_retry(PATIENCE))


def make_place(location: Location, role: Role, *, epoch: int | None = None) -> Place:
    """Return the place of a sweep's mirror for a role, which is made."""
    place = place_at(location, role, epoch=epoch)
    place.root.mkdir(parents=True, exist_ok=True)
    write_json(place.root / PLACE, {"uri": location.uri})
    return place


def place_of(folder: Path) -> Place | None:
    """Return the place whose sweep a folder is; None for a sweep that is in its folder alone.

    Only folders of this machine's cache count: a sweep's folder of somebody else names no store.
    """
    root = folder.absolute().parent
    if folder.name != FOLDER or root.parent.parent.resolve() != _mirrors().resolve():
        return None
    try:
        uri = json.loads((root / PLACE).read_text())["uri"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Place(root, Location(str(uri)))


def address_of(folder: Path) -> str:
    """Return what names a sweep on a command line: its folder, or its URI."""
    place = place_of(folder)
    return str(folder) if place is None else place.location.uri


def is_told_running(folder: Path) -> bool:
    """Return whether a folder is a mirror whose sweep ran on some machine when it was last looked at."""
    place = place_of(folder)
    if place is None:
        return False
    try:
        return bool(json.loads((place.root / RUNNING).read_text()) == {"running": True})
    except (OSError, ValueError):
        return False


def place_around(path: Path) -> Place | None:
    """Return the place whose sweep a file or folder is part of; None where there is none."""
    return next((place for parent in path.absolute().parents if (place := place_of(parent))), None)


def _mirrors() -> Path:
    return machine_cache() / MIRRORS
