"""Names of metrics and parameters for programs that allow fewer characters than ours have."""

import re
from collections.abc import Iterable

_NOT_ALLOWED = re.compile(r"[^\w\-. /]", re.ASCII)


def plain_names(names: Iterable[str]) -> dict[str, str]:
    """Return for each name one of letters, digits, `_`, `-`, `.`, `/` and spaces; no two are equal.

    `AP@.50/with_mask` becomes `AP_at_.50/with_mask`. Where two would be equal, the later one has a number.
    """
    plain: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        parts = _NOT_ALLOWED.sub("_", name.replace("@", "_at_")).split("/")
        first = "/".join(part if part.strip(".") else f"_{part}" for part in parts)
        free, number = first, 1
        while free in taken:
            number += 1
            free = f"{first}-{number}"
        taken.add(free)
        plain[name] = free
    return plain
