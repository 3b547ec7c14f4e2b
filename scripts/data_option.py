"""Reads an option that names data by a path or a URI."""

from pathlib import Path

from sweepbox.detection.core.remote.uri import is_uri


def local_data(text: str) -> Path:
    """Return the folder on this machine with data; what a URI names is fetched (see docs/cluster.md)."""
    if not is_uri(text):
        return Path(text)

    from sweepbox.detection.data.dataset.remote import fetched_dataset

    return fetched_dataset(text)
