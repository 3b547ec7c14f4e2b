"""Storage that is full, cannot be written, or is gone for a while."""

import errno
import random
import time
from pathlib import Path

from experiments.faults.disk import set_unchangeable
from experiments.faults.kinds.fault import Effect, End
from experiments.faults.scene import BrokenPromiseError, Scene

FULL = r"No space left on device"
READ_ONLY = r"Operation not permitted|Permission denied|Read-only file system"
GONE = r"No such file|no such file|not there|is missing|no sweep here"


def fill_disk(scene: Scene, _generator: random.Random) -> Effect:
    """Fill the file system of the sweep's folder until the driver has ended."""
    ballast = scene.run.parent / "ballast"
    if not ballast.parent.is_mount():
        return Effect(None)
    _fill(ballast)
    return Effect("filled", end=End.STOPS, message=FULL, mend=ballast.unlink)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        size = 2**20
        while size:
            try:
                if file.write(bytes(size)) < size:
                    size //= 2
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                size //= 2


def make_read_only(scene: Scene, _generator: random.Random) -> Effect:
    """Let nothing be written to the sweep's folder until the driver has ended; this holds for root, too."""
    if not scene.run.is_dir() or not set_unchangeable(scene.run, is_on=True):
        return Effect(None)
    return Effect("chattr +i", end=End.STOPS, message=READ_ONLY, mend=lambda: _writable_again(scene.run))


def _writable_again(folder: Path) -> None:
    set_unchangeable(folder, is_on=False)


def take_away(scene: Scene, _generator: random.Random) -> Effect:
    """Rename the sweep's folder, and bring it back after the driver has ended."""
    if not (scene.run / "sweep.yaml").is_file():
        return Effect(None)
    away = scene.run.with_name("away")
    scene.run.rename(away)
    return Effect("until the end", end=End.STOPS, message=GONE, mend=lambda: _bring_back(scene, away))


def take_away_for_a_while(scene: Scene, generator: random.Random) -> Effect:
    """Rename the sweep's folder and bring it back after seconds; the driver may end or go on."""
    if not (scene.run / "sweep.yaml").is_file():
        return Effect(None)
    away, seconds = scene.run.with_name("away"), generator.uniform(0.2, 6)
    scene.run.rename(away)
    time.sleep(seconds)
    _bring_back(scene, away)
    return Effect(f"for {seconds:.1f} s", end=End.MAY_STOP, message=GONE)


def _bring_back(scene: Scene, away: Path) -> None:
    """Rename the folder back; nothing may have been written where it was."""
    try:
        away.rename(scene.run)
    except OSError as error:
        made = sorted(str(path.relative_to(scene.run)) for path in scene.run.rglob("*"))
        raise BrokenPromiseError(
            f"a folder was made where the sweep's was taken away ({error}): {made}"
        ) from None
