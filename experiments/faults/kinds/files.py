"""Files of a sweep that are torn, lose their end or have another bit, between two runs or during one."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from experiments.faults.kinds.fault import Effect, End
from experiments.faults.scene import Scene

RECORDS = ("trials/*/state.json", "trials/*/metrics.jsonl", "trials/*/changes.json", "trials/*/pipeline.config")
SWEEP = (
    "sweep.yaml",
    "sweep.json",
    "start.json",
    "base.config",
    "label_map.pbtxt",
    "study.sqlite3",
)
CHECKPOINTS = ("trials/*/last/*", "trials/*/best/*")
DATA = (".sweepbox-cache/*", "*.*")
"""Patterns in the folder of records."""

Damage = Callable[[bytes, random.Random], bytes]


def torn(content: bytes, generator: random.Random) -> bytes:
    """Return the beginning of a file."""
    return content[: generator.randrange(max(len(content), 1))]


def zeros(content: bytes, generator: random.Random) -> bytes:
    """Return a file whose end a disk has lost: its length is right, and zeros are in the last blocks."""
    kept = generator.randrange(max(len(content), 1))
    return content[:kept] + bytes(len(content) - kept)


def flipped(content: bytes, generator: random.Random) -> bytes:
    """Return a file of which one bit is another."""
    changed = bytearray(content)
    if changed:
        changed[generator.randrange(len(changed))] ^= 1 << generator.randrange(8)
    return bytes(changed)


DAMAGES: Mapping[str, Damage] = {"torn": torn, "zeros": zeros, "flipped": flipped}


@dataclass(frozen=True)
class DamagedFile:
    """A file that was damaged, with its content before and after."""

    path: Path
    before: bytes
    after: bytes

    @property
    def remains(self) -> bool:
        """Whether the damage is still there: nothing has written the file anew or removed it."""
        return self.path.is_file() and self.path.read_bytes() == self.after

    def is_named(self, output: str) -> bool:
        """Return whether the damage is still there, and the driver's error names the file or its checkpoint."""
        told = output.partition("error: ")[2]
        is_data = self.path.parents[0].name == "records" and "the records are not those" in told
        return self.remains and (str(self.path) in told or f"{self.path.parent}:" in told or is_data)

    def restore(self) -> None:
        """Write the content before, unless something has written the file anew."""
        if self.remains:
            self.path.write_bytes(self.before)


def damage_file(scene: Scene, generator: random.Random, damage: Damage) -> DamagedFile | None:
    """Damage a file of the sweep or of its data; None where none was changed."""
    groups = [_found(scene.run, patterns) for patterns in (RECORDS, SWEEP, CHECKPOINTS)]
    groups.append(_found(scene.home / "records", DATA))
    filled = [group for group in groups if group]
    return _damage(generator.choice(generator.choice(filled)), generator, damage) if filled else None


def damage_during_run(scene: Scene, generator: random.Random) -> Effect:
    """Damage a record of a trial, or its state, while the sweep runs."""
    found = _found(scene.run, (*RECORDS, *CHECKPOINTS))
    kind = generator.choice(sorted(DAMAGES))
    file = _damage(generator.choice(found), generator, DAMAGES[kind]) if found else None
    if file is None:
        return Effect(None)
    name = file.path.relative_to(scene.run)
    scene.suspect(name.parts[1])
    return Effect(f"{kind}: {name}", end=End.MAY_STOP, message=name.parts[1])


def _found(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    found = {path for pattern in patterns for path in folder.glob(pattern)}
    return sorted(path for path in found if path.is_file() and path.suffix not in (".lock", ".tmp"))


def _damage(path: Path, generator: random.Random, damage: Damage) -> DamagedFile | None:
    try:
        before = path.read_bytes()
        after = damage(before, generator)
        if after == before:
            return None
        with path.open("r+b") as file:  # in place, as a disk does it
            file.write(after)
            file.truncate()
    except FileNotFoundError:
        return None  # removed meanwhile
    return DamagedFile(path, before, after)
