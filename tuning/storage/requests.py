"""Requests to a sweep, each a file in its folder: the driver takes them while it runs, or when it is resumed.

`requests/ID.json` is a point to try. It is removed when its trial is made, whose record has the request's id.
"""

import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar

from sweepbox.detection.core.files import write_json
from sweepbox.detection.core.limits import JSON_BYTES
from sweepbox.detection.core.regular_files import read_limited
from sweepbox.tuning.spec.schema import Scalar
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.json_records import STRICT, parse_record

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PointRequest:
    """A point that a sweep is asked to try: its settings, by the keys of a sweep file."""

    __pydantic_config__: ClassVar = STRICT

    id: str
    point: Mapping[str, Scalar]


def request_point(folder: SweepFolder, point: Mapping[str, Scalar]) -> PointRequest:
    """Write a request and return it; later requests have higher ids."""
    request = PointRequest(f"{time.time_ns()}-{secrets.token_hex(4)}", dict(point))
    folder.requests.mkdir(exist_ok=True)
    write_json(folder.requests / f"{request.id}.json", asdict(request))
    return request


def read_requests(folder: SweepFolder) -> tuple[PointRequest, ...]:
    """Return the requests that wait, the oldest first; a damaged file is logged and left out."""
    if not folder.requests.is_dir():
        return ()
    requests = []
    for path in sorted(folder.requests.glob("[0-9]*.json")):
        try:
            request = parse_record(PointRequest, read_limited(path, JSON_BYTES))
        except FileNotFoundError:
            continue  # taken meanwhile
        except (OSError, ValueError) as error:
            logger.warning("%s: left aside, it is no request (%s); delete it", path, error)
            continue
        if request.id == path.stem:
            requests.append(request)
    return tuple(requests)


def remove_request(folder: SweepFolder, request: PointRequest) -> None:
    """Remove a request whose trial is made."""
    (folder.requests / f"{request.id}.json").unlink(missing_ok=True)
