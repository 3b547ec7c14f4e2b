"""Asks every node of the cluster that this process is connected to what it is and what it reaches."""

import logging
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from secrets import token_hex
from typing import Any, Self

from sweepbox.detection.core.backends import Backend
from sweepbox.detection.core.errors import StorageError, SweepError
from sweepbox.detection.core.files import sha256_of
from sweepbox.detection.core.remote.location import Location
from sweepbox.detection.core.remote.uri import is_uri
from sweepbox.detection.core.versions import package_versions
from sweepbox.detection.data.dataset.prepared import DESCRIPTION
from sweepbox.tuning.ray_backend import node_facts
from sweepbox.tuning.ray_backend.cluster_findings import Finding, Gpu, Node, findings
from sweepbox.tuning.ray_backend.node_storage import sha256_of_object, unreachable_stores
from sweepbox.tuning.ray_backend.node_task import on_node
from sweepbox.tuning.spec.resources import Resources
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.dataset import open_sweep_data
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.remote.place import place_of
from sweepbox.tuning.trial.provenance import PACKAGES

logger = logging.getLogger(__name__)

ANSWER_TIMEOUT_S = 90.0
"""How long a node may take to start a process and to answer."""
CLOCK_READINGS = 3
PROBE = ".sweepbox-probe-"
SEEN_WITHIN_S = 5.0
"""How long the driver waits for the file of a node to be seen in a shared folder."""


@dataclass(frozen=True)
class ClusterReport:
    """The nodes of a cluster, by name, and what is wrong with them for a sweep."""

    nodes: tuple[Node, ...]
    findings: tuple[Finding, ...]

    @property
    def is_usable(self) -> bool:
        """Whether a sweep could work there."""
        return not any(finding.is_fatal for finding in self.findings)

    def check(self) -> None:
        """Raise SweepError, with a line for each reason, where no sweep could work."""
        lines = [str(finding) for finding in self.findings if finding.is_fatal]
        if lines:
            raise SweepError("the cluster cannot run this sweep:\n" + "\n".join(f"  {line}" for line in lines))


@dataclass(frozen=True)
class Reach:
    """What every node must reach.

    Attributes:
        folders: Folders that trials read and write; files are made in them for a moment.
        files: Small files that trials read.
        stores: URIs below which trials write; objects are made there for a moment.
        objects: URIs of small objects that trials read.
    """

    folders: Sequence[Path] = ()
    files: Sequence[Path] = ()
    stores: Sequence[str] = ()
    objects: Sequence[str] = ()

    @classmethod
    def of(cls, *, data: Path | str | None = None, out: Path | str | None = None) -> Self:
        """Return what a sweep needs: its prepared records, and its folder or the one in which it will be."""
        named = None if data is None else str(data)
        is_store = out is not None and is_uri(str(out))
        is_remote = named is not None and is_uri(named)
        return cls(
            folders=() if out is None or is_store else (Path(out),),
            files=() if named is None or is_remote else (Path(named) / DESCRIPTION,),
            stores=(str(out),) if is_store else (),
            objects=(Location(named).join(DESCRIPTION).uri,) if named is not None and is_remote else (),
        )


def check_cluster(reach: Reach, *, backend: Backend, share: Resources) -> ClusterReport:
    """Examine the nodes of the cluster that this process is connected to.

    Args:
        reach: What all nodes must reach.
        backend: The Keras backend of the trials.
        share: The share of a node that a trial takes.

    Raises:
        SweepError: A folder or store is not there, or cannot be used by this process.
        OSError: A file cannot be read.
    """
    with _probes(reach.folders) as token:
        hashes = {uri: sha256_of_object(uri) for uri in reach.objects}
        if problems := unreachable_stores(hashes, reach.stores, token):
            raise StorageError("\n".join(f"{uri}: {problem}" for uri, problem in problems.items()))
        nodes = _ask_nodes(reach, token, hashes)
    found = findings(
        nodes,
        python=platform.python_version(),
        packages=package_versions(PACKAGES),
        backend=backend,
        share=share,
    )
    return ClusterReport(nodes, found)


def check_nodes(folder: SweepFolder, spec: SweepSpec, *, notify: Callable[[str], None]) -> None:
    """Raise SweepError where a node could not run trials of a sweep; log and tell other differences."""
    data = str(spec.data)
    report = check_cluster(
        Reach.of(
            data=data if is_uri(data) else open_sweep_data(folder, spec).directory.resolve(),
            out=folder.path.resolve() if place_of(folder.path) is None else folder.address,
        ),
        backend=Backend(spec.backend),
        share=spec.resources_per_trial.least,
    )
    report.check()
    for finding in report.findings:
        logger.warning("%s", finding)
        notify(f"warning: {finding}")


def wait_for_nodes(wanted: int, *, within_s: float) -> None:
    """Wait until the cluster has so many nodes; SweepError where they do not come in time."""
    import ray

    deadline = time.monotonic() + within_s
    while (count := sum(node["Alive"] for node in ray.nodes())) < wanted:
        if time.monotonic() > deadline:
            raise SweepError(
                f"{count} of {wanted} nodes have joined the cluster within {within_s:.0f} s; see why the "
                "others do not start Ray, or wait for fewer"
            )
        time.sleep(0.5)


@contextmanager
def _probes(folders: Sequence[Path]) -> Iterator[str]:
    """Write a file to each folder, whose name all have in common, and remove all files of that name."""
    token = f"{PROBE}{token_hex(8)}"
    try:
        for folder in folders:
            try:
                (folder / token).touch()
            except OSError as error:
                raise SweepError(
                    f"{folder}: {error.strerror}; give a folder that this machine can write"
                ) from error
        yield token
    finally:
        for folder in folders:
            for probe in folder.glob(f"{token}*"):
                probe.unlink(missing_ok=True)


def _ask_nodes(reach: Reach, token: str, hashes: Mapping[str, str]) -> tuple[Node, ...]:
    """Ask all nodes at once; `hashes` are those of the objects that they must read."""
    import ray
    from ray import cloudpickle

    folders = [str(folder) for folder in reach.folders]
    files = {str(path): sha256_of(path) for path in reach.files}

    cloudpickle.register_pickle_by_value(node_facts)  # Sweepbox may not be installed there
    try:
        alive = [node for node in ray.nodes() if node["Alive"]]
        facts = [
            on_node(node["NodeID"], node_facts.facts_of_this_node).remote(PACKAGES, folders, token, files)
            for node in alive
        ]
        stores = [
            on_node(node["NodeID"], unreachable_stores).remote(hashes, reach.stores, token)
            for node in alive
            if hashes or reach.stores
        ]
        ray.wait([*facts, *stores], num_returns=len(facts) + len(stores), timeout=ANSWER_TIMEOUT_S)
        hosts = Counter(node["NodeManagerHostname"] for node in alive)
        return tuple(
            _with_stores(_node_of(node, told, hosts), reached, reach)
            for node, told, reached in zip_longest(alive, facts, stores)
        )
    finally:
        cloudpickle.unregister_pickle_by_value(node_facts)


def _node_of(node: Mapping[str, Any], answer: Any, hosts: Mapping[str, int]) -> Node:
    """Return what a node told, or why it told nothing."""
    import ray

    name = node["NodeManagerHostname"]
    if hosts[name] > 1:
        name = f"{name} ({node['NodeManagerAddress']}:{node['NodeManagerPort']})"
    try:
        facts = ray.get(answer, timeout=0)
        clock_s, clock_error_s = _clock(node["NodeID"])
    except ray.exceptions.GetTimeoutError:
        ray.cancel(answer, force=True)
        return Node(
            name, silent=f"did not answer within {ANSWER_TIMEOUT_S:.0f} s; see whether it is overloaded"
        )
    except ray.exceptions.RayError as error:
        reason = " ".join(str(error).split())
        return Node(name, silent=f"cannot run a task ({reason}); mend it, or take it out of the cluster")
    return Node(
        name,
        node["Resources"],
        facts["python"],
        facts["packages"],
        tuple(Gpu(**gpu) for gpu in facts["gpus"]),
        facts["temporary"],
        facts["free_bytes"],
        facts["unreadable"] | _unreachable(facts["folders"]),
        clock_s,
        clock_error_s,
    )


def _with_stores(node: Node, answer: Any, reach: Reach) -> Node:
    """Return a node with what it cannot reach of the stores; `answer` is None where there are none."""
    import ray

    if answer is None or node.silent is not None or "sweepbox" not in node.packages:
        return node
    try:
        problems = ray.get(answer, timeout=0)
    except ray.exceptions.GetTimeoutError:
        ray.cancel(answer, force=True)
        reason = f"the node did not reach it within {ANSWER_TIMEOUT_S:.0f} s; see its network"
        problems = dict.fromkeys((*reach.objects, *reach.stores), reason)
    except ray.exceptions.RayError as error:
        return replace(node, silent=f"cannot try the stores ({' '.join(str(error).split())}); mend it")
    return replace(node, unreachable={**node.unreachable, **problems})


def _clock(node_id: str) -> tuple[float, float]:
    """Return how far a node's clock is ahead of this one, and the error: from the fastest of a few answers."""
    import ray

    clock = on_node(node_id, node_facts.clock_of_this_node)
    readings = []
    for _ in range(CLOCK_READINGS):
        before = time.time()
        there = ray.get(clock.remote(), timeout=ANSWER_TIMEOUT_S)
        after = time.time()
        readings.append(((after - before) / 2, there - (before + after) / 2))
    error, ahead = min(readings)
    return ahead, error


def _unreachable(folders: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return why folders cannot be used on a node, also where the driver does not see what the node wrote."""
    problems = {}
    for folder, told in folders.items():
        problem = told.get("problem") or _not_seen(Path(folder) / told["file"])
        if problem is not None:
            problems[folder] = problem
    return problems


def _not_seen(path: Path) -> str | None:
    """Wait until a file that a node wrote can be seen here; return what is wrong where it cannot."""
    deadline = time.monotonic() + SEEN_WITHIN_S
    while not path.exists():
        if time.monotonic() > deadline:
            return f"the driver did not see what the node wrote there within {SEEN_WITHIN_S:.0f} s"
        time.sleep(0.05)
    return None
