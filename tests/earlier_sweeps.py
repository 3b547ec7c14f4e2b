"""Sweeps as earlier versions began them."""

from dataclasses import replace

from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.metadata import read_metadata, write_metadata


def without_start(folder: SweepFolder) -> SweepFolder:
    """Return a sweep without `start.json`, and so without a trial of its base config: all are suggested."""
    metadata = read_metadata(folder)
    hashes = {name: value for name, value in metadata.files_sha256.items() if name != folder.start.name}
    write_metadata(folder, replace(metadata, files_sha256=hashes))
    folder.start.unlink()
    return folder
