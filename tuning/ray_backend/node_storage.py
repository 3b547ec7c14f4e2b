"""Whether a node of a cluster reaches the object stores of a sweep; runs in a worker there."""

import hashlib
import os
import socket
from collections.abc import Mapping, Sequence

from sweepbox.detection.core.errors import SweepboxError
from sweepbox.detection.core.remote.location import Location
from sweepbox.detection.core.remote.retries import Retry

PATIENCE = Retry(deadline_s=5.0)
"""A store that is throttled for a moment is no finding; the driver waits for the answers."""


def unreachable_stores(objects: Mapping[str, str], stores: Sequence[str], probe: str) -> dict[str, str]:
    """Return why this node cannot use what URIs name, with the remedy, by URI; empty where it can use all.

    Args:
        objects: The URIs of objects to read, with the SHA-256 of what the driver reads.
        stores: The URIs below which an object is written, read back and deleted.
        probe: The name of these objects, without the node's part.
    """
    problems = {uri: _not_read(uri, sha256) for uri, sha256 in objects.items()}
    problems |= {uri: _not_written(uri, f"{probe}-{socket.gethostname()}-{os.getpid()}") for uri in stores}
    return {uri: problem for uri, problem in problems.items() if problem is not None}


def sha256_of_object(uri: str) -> str:
    """Return the SHA-256 of an object; StorageError where it cannot be read."""
    return hashlib.sha256(Location(uri, PATIENCE).read_bytes()).hexdigest()


def _not_read(uri: str, sha256: str) -> str | None:
    try:
        found = sha256_of_object(uri)
    except SweepboxError as error:
        return _without_name(error)
    return None if found == sha256 else "the driver reads another content; wait until the upload is complete"


def _not_written(uri: str, name: str) -> str | None:
    probe = Location(uri, PATIENCE).join(name)
    content = name.encode()
    try:
        probe.write_bytes(content)
        found = probe.read_bytes()
        probe.delete()
    except SweepboxError as error:
        return _without_name(error)
    return None if found == content else "what is written there is not what is read; use another store"


def _without_name(error: SweepboxError) -> str:
    """Return an error's text without the URI before it."""
    name, colon, text = str(error).partition(": ")
    return text if colon and "://" in name else str(error)
