"""Reading JSON that others may have written."""

import json
import re
from pathlib import Path
from typing import Any

from sweepbox.detection.core.limits import JSON_BYTES
from sweepbox.detection.core.regular_files import read_limited

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(text: bytes | str) -> Any:
    """Return the value of a JSON text, whose strings can all be written again.

    Raises:
        ValueError: The text is no JSON, is nested too deeply, or has half of a surrogate pair, which no file or
            terminal takes.
    """
    try:
        decoded = text if isinstance(text, str) else text.decode()
        value = json.loads(decoded)
        if _SURROGATE.search(decoded):
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def read_json(path: Path) -> Any:
    """Return the value in a JSON file of limited size.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is too large, is no regular file, or as in `parse_json`.
    """
    return parse_json(read_limited(path, JSON_BYTES))
