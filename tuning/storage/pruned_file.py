"""`pruned.json`: the choices of the sweep file that a sweep left out because they cannot match its data."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.files import write_json
from sweepbox.detection.core.json_text import read_json
from sweepbox.tuning.search.data_fit import UnfitChoice
from sweepbox.tuning.storage.folder import SweepFolder


def write_pruned(folder: SweepFolder, choices: Sequence[UnfitChoice]) -> None:
    """Write `pruned.json`, atomically; nothing where no choice was left out."""
    if choices:
        write_json(folder.pruned, {"choices": [asdict(choice) for choice in choices]})


def read_pruned(folder: SweepFolder) -> tuple[UnfitChoice, ...]:
    """Return the choices that were left out; SweepError if the file is damaged."""
    if not folder.pruned.is_file():
        return ()
    try:
        given: dict[str, Any] = read_json(folder.pruned)
        return tuple(UnfitChoice(**fields) for fields in given["choices"])
    except (ValueError, TypeError, KeyError) as error:
        raise SweepError(f"{folder.pruned}: damaged ({error}); restore it from a copy of the folder") from error
