"""Sizes of memory as people write and read them."""

import math
import re

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.printable import shortened

BYTES_OF_UNIT = {"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "mib": 2.0**20, "gib": 2.0**30, "tib": 2.0**40}
LARGEST = 1e15
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,15})?)\s?([a-z]+)", re.ASCII)


def parse_size(text: str) -> int:
    """Return the bytes of `800MB`, `1.5GB` or `2GiB`; SweepError otherwise."""
    match = _SIZE.fullmatch(text.strip().lower())
    unit = BYTES_OF_UNIT.get(match[2]) if match else None
    size = float(match[1]) * unit if match and unit else 0.0
    if not 1 <= size <= LARGEST:
        raise SweepError(f"{shortened(text)!r} is no size of memory; write for instance 800MB, 1.5GB or 2GiB")
    return math.ceil(size)


def format_size(size: float) -> str:
    """Return bytes as people read them: `812 MB`, `1.34 GB`."""
    return f"{size / 1e9:.3g} GB" if size >= 1e9 else f"{size / 1e6:.3g} MB"
