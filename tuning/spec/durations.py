"""Durations as people write and read them."""

import re

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.printable import shortened

SECONDS_OF_UNIT = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
LONGEST_S = 36500 * SECONDS_OF_UNIT["d"]
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")


def parse_duration(text: str) -> float:
    """Return the seconds of `90s`, `10m`, `1h30m`, `2d` or a plain number of seconds; SweepError otherwise.

    A duration is above zero and at most `LONGEST_S`.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    amounts = match.groups() if match else ()
    seconds = sum(
        float(amount) * unit for amount, unit in zip(amounts, SECONDS_OF_UNIT.values(), strict=False) if amount
    )
    if seconds <= 0:
        raise SweepError(f"{shortened(text)!r} is no duration; write for instance 90s, 10m, 1h30m or 2d")
    if seconds > LONGEST_S:
        raise SweepError(f"{shortened(text)!r} is longer than {format_duration(LONGEST_S)}; give less")
    return seconds


def format_duration(seconds: float) -> str:
    """Return a duration as people read it: `8s`, `3m 05s`, `2h 07m`, `3d 04h`."""
    whole = round(max(seconds, 0.0))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h {whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d {whole % 86400 // 3600:02d}h"
