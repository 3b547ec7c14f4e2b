"""Reading JSON that others may have written."""

import json
import re
from typing import Any

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
