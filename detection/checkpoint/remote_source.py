"""Initial weights on a URI: each machine fetches them once and reads its own copy."""

import logging
import re
from collections.abc import Iterable
from dataclasses import replace

from sweepbox.detection.checkpoint.object_file import STATE_FILE
from sweepbox.detection.core.errors import MissingObjectError, ModelError, UnavailableError
from sweepbox.detection.core.remote.fetched import WantedFile, fetched_folder, last_fetched
from sweepbox.detection.core.remote.location import Location, StoredObject
from sweepbox.detection.core.remote.uri import is_uri

logger = logging.getLogger(__name__)

_PART = re.compile(r"\.(index|data-\d{5}-of-\d{5})$")


def local_source(source: str) -> str:
    """Return a source of weights on this machine: the source itself, or what is fetched from a URI.

    The URI names what a path may: a file of weights, the folder of a checkpoint, or the prefix of one. Objects
    that have changed since are fetched again. Where the store cannot be reached, what was fetched last is used.

    Raises:
        ModelError: There is nothing at the URI.
        UnavailableError: The store cannot be reached, and this machine has no copy.
        UsageError: The URI is malformed.
    """
    if not is_uri(source):
        return source
    named = Location(_PART.sub("", source))
    try:
        folder, wanted, name = _wanted(named)
    except UnavailableError as error:
        known = last_fetched(named)
        if known is None:
            raise
        logger.warning("%s; the weights that were fetched before are used", error)
        return str(known)
    return str(fetched_folder(folder, wanted, asked=named, name=name) / name)


def _wanted(named: Location) -> tuple[Location, list[WantedFile], str]:
    """Return a location, the objects below it that make a source of weights, and the source's name there."""
    parent = _parent(named)
    try:
        return parent, [WantedFile(named.name, version=str(named.modified()))], named.name
    except MissingObjectError:
        below = [_file(item) for item in _of_checkpoint(named.list())]
    if below:
        return named, below, ""
    parts = [_file(item) for item in parent.list() if _PART.sub("", item.name) == named.name]
    if not parts:
        raise ModelError(f"{named}: there is no such file, checkpoint or folder; correct the URI")
    return parent, parts, named.name


def _file(item: StoredObject) -> WantedFile:
    return WantedFile(item.name, item.size, version=str(item.modified))


def _parent(named: Location) -> Location:
    path, mark, query = named.uri.partition("?")
    return replace(named, uri=path.rstrip("/").rpartition("/")[0] + mark + query)


def _of_checkpoint(objects: Iterable[StoredObject]) -> Iterable[StoredObject]:
    """Yield the objects of a folder that a checkpoint is made of, without models that were exported with it."""
    return (item for item in objects if "/" not in item.name or item.name.startswith(f"{STATE_FILE}/"))
