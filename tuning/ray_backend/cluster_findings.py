"""Whether a sweep could run on the nodes of a cluster, from what each node told about itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sweepbox.detection.core.backends import Backend
from sweepbox.detection.core.remote.uri import is_uri
from sweepbox.tuning.spec.resources import Resources

EQUAL = ("sweepbox", "ray")
"""The packages whose versions must be the driver's on every node."""
CLOCK_WARNING_S, CLOCK_LIMIT_S = 2.0, 60.0
FREE_BYTES = 2 * 2**30
"""Less free space than this for temporary files is warned of: decoded images and states of trials go there."""


@dataclass(frozen=True)
class Gpu:
    """A GPU of a node, with its memory in MiB and the version of its driver."""

    name: str
    total_mib: int
    free_mib: int
    driver: str


@dataclass(frozen=True)
class Node:
    """A node of a cluster.

    Attributes:
        name: Host name, with the address where several nodes have the same.
        resources: What Ray may give to trials there, by Ray's names.
        python: The version of Python.
        packages: The versions of the packages that are installed, by name.
        gpus: The GPUs that NVIDIA's driver names.
        temporary: The folder of temporary files.
        free_bytes: Its free space.
        unreachable: Why a folder or file that all nodes must share cannot be used there, by its path, or what
            a URI names, with the remedy.
        clock_s: How far its clock is ahead of the driver's, in seconds.
        clock_error_s: The largest error of that, half of the time that an answer took.
        silent: Why the node told nothing about itself; None where it did.
    """

    name: str
    resources: Mapping[str, float] = field(default_factory=dict)
    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    gpus: tuple[Gpu, ...] = ()
    temporary: str = ""
    free_bytes: int = 0
    unreachable: Mapping[str, str] = field(default_factory=dict)
    clock_s: float = 0.0
    clock_error_s: float = 0.0
    silent: str | None = None

    def fits(self, share: Resources) -> bool:
        """Return whether Ray could ever give the node a trial of this share."""
        return all(self.resources.get(name, 0) >= amount for name, amount in share.for_ray.items())


@dataclass(frozen=True)
class Finding:
    """What is wrong with a node and the remedy, in one line; `is_fatal` where no sweep could work."""

    node: str
    text: str
    is_fatal: bool

    def __str__(self) -> str:
        """Return the finding as a line."""
        return f"{self.node}: {self.text}"


def findings(
    nodes: Sequence[Node],
    *,
    python: str,
    packages: Mapping[str, str],
    backend: Backend,
    share: Resources,
) -> tuple[Finding, ...]:
    """Return what is wrong with the nodes for trials of a share, compared with the driver.

    A node on which no trial fits is left out but where none fits anywhere: it runs nothing.
    """
    found: list[Finding] = []
    able = [node for node in nodes if node.silent is None and node.fits(share)]
    if not able:
        wanted = f"{share.cpu:g} CPUs and {share.gpu:g} GPUs"
        wanted += f" and {share.memory} of memory" if share.memory else ""
        found.append(
            Finding("cluster", f"a trial asks for {wanted}, which no node has; ask for less", is_fatal=True)
        )
    for node in nodes:
        if node.silent is not None:
            found.append(Finding(node.name, node.silent, is_fatal=True))
        elif node in able:
            found += _of_node(node, python, packages, backend, uses_gpu=share.gpu > 0)
    return tuple(sorted(found, key=lambda finding: not finding.is_fatal))


def _of_node(
    node: Node, python: str, packages: Mapping[str, str], backend: Backend, *, uses_gpu: bool
) -> list[Finding]:
    fatal: list[str] = []
    warnings: list[str] = []
    if _minor(node.python) != _minor(python):
        fatal.append(f"Python {node.python}, the driver has {python}; install Python {_minor(python)} there")
    for name in dict.fromkeys((*EQUAL, backend.value, *packages)):
        here, there = packages.get(name), node.packages.get(name)
        if here == there or here is None:
            continue
        is_needed = name in EQUAL or (name == backend.value and there is None)
        told = "is not installed" if there is None else f"is {there}, the driver's is {here}"
        line = f"{name} {told}; run `pip install {name}=={here}` there"
        if is_needed:
            fatal.append(line)
        elif there is not None:
            warnings.append(f"{line}, or trials of different nodes may differ")
    for path, problem in node.unreachable.items():
        remedy = "" if is_uri(path) else "; put it on a file system that all nodes mount there"
        fatal.append(f"cannot use {path}: {problem}{remedy}")
    if uses_gpu and not node.gpus:
        fatal.append(
            "Ray offers GPUs, NVIDIA's driver names none; install the driver, or start Ray with --num-gpus=0"
        )
    behind = abs(node.clock_s) - node.clock_error_s
    if behind > CLOCK_WARNING_S:
        side = "ahead of" if node.clock_s > 0 else "behind"
        line = f"its clock is {abs(node.clock_s):.1f} s {side} the driver's; set both by NTP"
        (fatal if behind > CLOCK_LIMIT_S else warnings).append(line)
    if node.free_bytes < FREE_BYTES:
        warnings.append(
            f"{node.temporary} has {node.free_bytes / 2**30:.1f} GiB free; free some, or set TMPDIR before "
            "Ray is started there"
        )
    return [Finding(node.name, line, is_fatal=True) for line in fatal] + [
        Finding(node.name, line, is_fatal=False) for line in warnings
    ]


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
