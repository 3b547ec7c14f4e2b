"""What a device did in a step: kernels out of JAX's trace, put beside the compiled program they come from.

The trace (`*.trace.json.gz`, Chrome's format) names each kernel and mostly its instruction in the optimised
program; the program's text tells the instruction's shape, layout, and the source line it was made of.
"""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

_INSTRUCTION = re.compile(r"^\s*(?:ROOT )?%?(?P<name>[\w.-]+) = (?P<shape>\(.*?\)|\S+) (?P<opcode>[\w-]+)\(")
_METADATA = re.compile(r'metadata=\{(?:.*?op_name="(?P<op_name>[^"]*)")?(?:.*?stack_frame_id=(?P<frame>\d+))?')
_COMPUTATION = re.compile(r"^(?:ENTRY )?%?([\w.-]+) \(.*\{$")
_CALLS = re.compile(r"calls=%?([\w.-]+)")
_DIM_LABELS = re.compile(r"dim_labels=([\w>-]+)")
_TARGET = re.compile(r'custom_call_target="([^"]*)"')
_TABLE_ROW = re.compile(r'^(\d+) (?:"(.*)"|\{(.*)\})$')
_TABLES = ("FileNames", "FunctionNames", "FileLocations", "StackFrames")

UNKNOWN = "unknown"
PHASES_BY_SOURCE = {
    "data/augment/": "augmentation",
    "training/optimizer": "update",
    "training/schedules": "update",
    "training/step": "bookkeeping",
    "model/regularization": "regularization",
    "model/losses": "loss and targets",
    "model/classification_losses": "loss and targets",
    "model/localization_losses": "loss and targets",
    "model/loss_values": "loss and targets",
    "model/matcher": "loss and targets",
    "model/targets": "loss and targets",
    "model/box_coder": "loss and targets",
    "core/boxes": "loss and targets",
}
"""What part of a step a source file of `sweepbox.detection` belongs to; others belong to the network."""

PHASES_BY_KERNEL = {"fprop": "network, forward", "dgrad": "network, backward", "wgrad": "network, backward"}
"""What the name of a library's kernel tells where the trace does not name an instruction."""


@dataclass(frozen=True)
class Instruction:
    """An instruction of the optimised program: its shape with layout, what it computes, its source file."""

    name: str
    shape: str
    opcode: str
    op_name: str = ""
    source: str = ""
    dim_labels: str = ""
    target: str = ""

    @property
    def phase(self) -> str:
        """The part of a training step that it belongs to."""
        for part, phase in PHASES_BY_SOURCE.items():
            if part in self.source:
                return phase
        if not self.op_name and not self.source:
            return UNKNOWN
        return "network, backward" if "transpose(" in self.op_name else "network, forward"

    @property
    def kind(self) -> str:
        """What it does, with the number format of its first result and, of a convolution, the layout."""
        dtype = self.shape.lstrip("(").partition("[")[0]
        what = self.target or self.opcode
        return " ".join(part for part in (what, dtype, self.dim_labels) if part)


@dataclass(frozen=True)
class Kernel:
    """All runs of one kernel for one instruction, per step; `instruction` is None where none is known."""

    name: str
    instruction: Instruction | None
    runs: float
    milliseconds: float

    @property
    def phase(self) -> str:
        """The part of a training step that it belongs to."""
        if self.instruction is not None and self.instruction.phase != UNKNOWN:
            return self.instruction.phase
        found = [phase for part, phase in PHASES_BY_KERNEL.items() if part in self.name]
        if found:
            return found[0]
        return "copies" if "memcpy" in self.name.lower() or "memset" in self.name.lower() else UNKNOWN

    @property
    def kind(self) -> str:
        """What it does."""
        return self.name if self.instruction is None else self.instruction.kind


def read_program(text: str) -> dict[str, Instruction]:
    """Return the instructions of an optimised program's text by the names that their kernels have.

    A fusion of unknown origin is taken to come from where the last known instruction in it comes from.
    """
    tables = _tables(text)
    found: dict[str, Instruction] = {}
    last_known: dict[str, Instruction] = {}
    computation = ""
    for line in text.splitlines():
        computation = header[1] if (header := _COMPUTATION.match(line)) else computation
        instruction = _instruction(line, tables)
        if instruction is None:
            continue
        called = _CALLS.search(line)
        inside = last_known.get(called[1]) if called else None
        if inside is not None and instruction.phase == UNKNOWN:
            instruction = replace(instruction, op_name=inside.op_name, source=inside.source)
        if instruction.phase != UNKNOWN:
            last_known[computation] = instruction
        found[kernel_name(instruction.name)] = instruction
    return found


def _instruction(line: str, tables: Mapping[str, Mapping[int, str]]) -> Instruction | None:
    """Return the instruction that a line of a program states; None where it states none."""
    match = _INSTRUCTION.match(line)
    if match is None:
        return None
    metadata = _METADATA.search(line)
    frame = metadata and metadata["frame"]
    labels, target = _DIM_LABELS.search(line), _TARGET.search(line)
    return Instruction(
        name=match["name"],
        shape=match["shape"],
        opcode=match["opcode"],
        op_name=(metadata and metadata["op_name"]) or "",
        source=_source(tables, int(frame)) if frame else "",
        dim_labels=labels[1] if labels else "",
        target=target[1] if target else "",
    )


def kernel_name(instruction: str) -> str:
    """Return the name of the kernel that an instruction compiles to."""
    return re.sub(r"[^A-Za-z0-9]", "_", instruction)


def _tables(text: str) -> dict[str, dict[int, str]]:
    """Return the program's numbered tables of files, places and stack frames."""
    tables: dict[str, dict[int, str]] = {name: {} for name in _TABLES}
    current: dict[int, str] | None = None
    for line in text.splitlines():
        if line in tables:
            current = tables[line]
        elif current is not None and (row := _TABLE_ROW.match(line)):
            current[int(row[1])] = row[2] if row[2] is not None else row[3]
        elif current is not None and line.strip():
            current = None
    return tables


def _source(tables: Mapping[str, Mapping[int, str]], frame: int) -> str:
    """Return the innermost file of `sweepbox.detection` on a stack; "" where there is none."""
    seen: set[int] = set()
    while frame in tables["StackFrames"] and frame not in seen:
        seen.add(frame)
        entry = _numbers(tables["StackFrames"][frame])
        place = _numbers(tables["FileLocations"].get(entry.get("file_location_id", 0), ""))
        file = tables["FileNames"].get(place.get("file_name_id", 0), "")
        if "detection/" in file:
            return file.rpartition("detection/")[2]
        frame = entry.get("parent_frame_id", 0)
    return ""


def _numbers(text: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", text)}


def read_kernels(trace: Path, program: Mapping[str, Instruction], *, steps: int) -> list[Kernel]:
    """Return the kernels of a trace of so many steps, the longest first.

    Of a trace without a GPU, what the processor ran for instructions. A kernel in a command buffer is known by
    its own name, that of the first of the fusions that share it.
    """
    with gzip.open(trace, "rt") as file:
        events: list[dict[str, Any]] = json.load(file)["traceEvents"]
    durations: dict[tuple[str, str], list[float]] = defaultdict(list)
    for event in _device_events(events):
        operation = kernel_name(event.get("args", {}).get("hlo_op", event["name"]))
        durations[event["name"], operation].append(event["dur"] / 1e3)
    kernels = [
        Kernel(
            name,
            program.get(operation, program.get(kernel_name(name))),
            len(found) / steps,
            sum(found) / steps,
        )
        for (name, operation), found in durations.items()
    ]
    return sorted(kernels, key=lambda kernel: -kernel.milliseconds)


def _device_events(events: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the complete events of a GPU's streams; without a GPU, those that name an instruction."""
    named = [event for event in events if event.get("ph") == "M" and "name" in event.get("args", {})]
    devices = {
        event["pid"]
        for event in named
        if event["name"] == "process_name" and event["args"]["name"].startswith("/device:GPU")
    }
    streams = {
        (event["pid"], event["tid"])
        for event in named
        if event["name"] == "thread_name"
        and event["pid"] in devices
        and event["args"]["name"].startswith("Stream")
    }
    complete = [event for event in events if event.get("ph") == "X" and "dur" in event]
    if devices:
        return [event for event in complete if (event["pid"], event.get("tid")) in streams]
    return [event for event in complete if "hlo_op" in event.get("args", {})]


def totals(kernels: Iterable[Kernel], attribute: str) -> dict[str, float]:
    """Return the milliseconds of a step by `phase` or `kind`, the longest first."""
    sums: dict[str, float] = defaultdict(float)
    for kernel in kernels:
        sums[getattr(kernel, attribute)] += kernel.milliseconds
    return dict(sorted(sums.items(), key=lambda item: -item[1]))
