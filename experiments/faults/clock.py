"""Steps of the clock: a small library, preloaded into a scene's processes, shifts the time of day they read."""

import mmap
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")


@dataclass(frozen=True)
class Clock:
    """The clock of a scene; `library` is None where there is no C compiler, and steps are not possible."""

    shift: Path
    library: Path | None

    @classmethod
    def in_folder(cls, folder: Path, work: Path) -> "Clock":
        """Return the clock of a scene in `folder`; the library is compiled once in `work`."""
        clock = cls(folder / "clock", _library(work))
        clock.shift.write_bytes(bytes(8))
        return clock

    @property
    def variables(self) -> dict[str, str]:
        """The environment of processes with this clock."""
        return (
            {} if self.library is None else {"LD_PRELOAD": str(self.library), "FAULTS_CLOCK": str(self.shift)}
        )

    def set(self, seconds: int) -> None:
        """Shift the clock of all running processes by so many seconds from the true time."""
        with self.shift.open("r+b") as file, mmap.mmap(file.fileno(), 8) as mapped:
            mapped[:] = struct.pack("q", seconds)


def _library(work: Path) -> Path | None:
    compiler = shutil.which("cc")
    library = work / "clock.so"
    if not library.exists() and compiler is not None:
        command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
        subprocess.run(command, check=True)
    return library if library.exists() else None
