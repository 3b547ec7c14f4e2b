"""`memory.json`: what the programs of a sweep take of memory, as it was measured."""

from dataclasses import asdict, dataclass
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from sweepbox.detection.core.files import write_json
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.json_records import STRICT, read_record

Bytes = Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class ProgramMemory:
    """What one compiled program takes.

    Attributes:
        program: Its id, which is the `compile_key` of its trials.
        name: The settings that have it, in words.
        device_bytes: What it takes of the GPU, or of the machine without one; None where it ran out of memory.
        host_bytes: What its process takes of the machine.
        error: One line on the memory that it had too little of.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    program: str
    name: str
    device_bytes: Bytes | None = None
    host_bytes: Bytes | None = None
    error: str | None = None


@dataclass(frozen=True)
class MemoryRecord:
    """What the programs of a sweep take.

    Attributes:
        on_gpu: Whether a GPU was measured.
        device_total: The bytes of the GPU or the machine.
        programs: The programs.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    on_gpu: bool
    device_total: Bytes
    programs: tuple[ProgramMemory, ...]

    @property
    def largest_on_device(self) -> int:
        """The most that a program takes of the device, in bytes."""
        return max((item.device_bytes or 0 for item in self.programs), default=0)

    @property
    def largest_on_host(self) -> int:
        """The most that a process takes of the machine, in bytes."""
        return max((item.host_bytes or 0 for item in self.programs), default=0)


def read_memory(folder: SweepFolder) -> MemoryRecord | None:
    """Return what was measured; None where nothing was. SweepError if the file is damaged."""
    if not folder.memory.is_file():
        return None
    return read_record(MemoryRecord, folder.memory, remedy="delete the file to have the memory measured again")


def write_memory(folder: SweepFolder, record: MemoryRecord) -> None:
    """Write what was measured, atomically."""
    write_json(folder.memory, asdict(record))
