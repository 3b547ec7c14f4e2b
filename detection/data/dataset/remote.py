"""Prepared records on a URI: each machine fetches them once and reads its own copy."""

import hashlib
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sweepbox.detection.config.label_map import LABEL_MAP_FILE
from sweepbox.detection.core.errors import DataError, UnavailableError
from sweepbox.detection.core.files import StrPath
from sweepbox.detection.core.limits import DESCRIPTION_BYTES
from sweepbox.detection.core.remote.fetched import WantedFile, fetched_folder, last_fetched
from sweepbox.detection.core.remote.location import Location, StoredObject
from sweepbox.detection.core.remote.uri import is_uri
from sweepbox.detection.data.dataset.prepared import DESCRIPTION, parse_description

logger = logging.getLogger(__name__)


def local_data(data: StrPath) -> Path:
    """Return a folder on this machine with data: the folder itself, or what is fetched from a URI.

    Raises:
        DataError: The URI has no prepared records, or they are damaged.
        UnavailableError: Its store cannot be reached, and this machine has no copy.
        UsageError: The URI is malformed.
    """
    text = os.fspath(data)
    return fetched_dataset(text) if isinstance(text, str) and is_uri(text) else Path(data)


def fetched_dataset(uri: str) -> Path:
    """Return the local folder with the prepared records of a URI; see `local_data`.

    The description and the label map are read at each call, so that changed records are noticed. Where the
    store cannot be reached, the records that were fetched last are used.
    """
    source = Location(uri)
    try:
        files = wanted_files(source)
    except UnavailableError as error:
        folder = last_fetched(source)
        if folder is None:
            raise
        logger.warning("%s; the records that were fetched before are used", error)
        return folder
    return fetched_folder(source, files)


def wanted_files(source: Location) -> list[WantedFile]:
    """Return the files of the prepared records at a location, with their hashes.

    Raises:
        DataError: There are no prepared records, or the description is damaged or does not fit the objects.
        UnavailableError: The store cannot be reached.
    """
    objects = {item.name: item for item in source.list()}
    for name in (DESCRIPTION, LABEL_MAP_FILE):
        if name not in objects:
            found = "has other objects" if objects else "has no object"
            raise DataError(
                f"{source}: {name} is missing (the URI {found}); upload the folder that `sweepbox prepare` "
                "wrote, as a whole, and name it"
            )
    _check_size(source, objects[DESCRIPTION])
    contents = {name: source.join(name).read_bytes() for name in (DESCRIPTION, LABEL_MAP_FILE)}
    described = parse_description(contents[DESCRIPTION], str(source.join(DESCRIPTION)))
    files = [
        WantedFile(name, len(content), hashlib.sha256(content).hexdigest())
        for name, content in contents.items()
    ]
    return files + [_record_file(source, objects, name, file) for name, file in _files_of(described)]


def _check_size(source: Location, description: StoredObject) -> None:
    if description.size > DESCRIPTION_BYTES.value:
        raise DataError(f"{source.join(DESCRIPTION)}: {DESCRIPTION_BYTES.excess(description.size)}")


def _files_of(description: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [entry for split in description["splits"].values() for entry in split["files"].items()]


def _record_file(
    source: Location, objects: Mapping[str, StoredObject], name: str, described: Mapping[str, Any]
) -> WantedFile:
    """Return a file of records; DataError where its object is missing or has another size."""
    found = objects.get(name)
    size, sha256 = described["bytes"], described["sha256"]
    if found is None or found.size != size:
        told = "is missing" if found is None else f"has {found.size} bytes instead of {size}"
        raise DataError(f"{source.join(name)}: the object {told}; upload the folder again, as a whole")
    return WantedFile(name, size, sha256)
