"""The folder in which this machine keeps copies of what lies elsewhere."""

import os
from pathlib import Path

VARIABLE = "SWEEPBOX_CACHE"


def machine_cache() -> Path:
    """Return the folder that SWEEPBOX_CACHE names, by default `sweepbox` in the user's cache folder.

    It should lie on a local disk. Nothing in it is needed: what is missing is fetched again.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).absolute()
    caches = os.environ.get("XDG_CACHE_HOME")
    return (Path(caches) if caches else Path.home() / ".cache") / "sweepbox"
