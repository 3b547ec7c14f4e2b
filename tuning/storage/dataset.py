"""The data of a sweep: prepared records, or annotated photographs that it prepares itself."""

import os
from collections.abc import Callable
from pathlib import Path

from sweepbox.detection.core.errors import DataError, SweepError
from sweepbox.detection.core.remote.location import Location
from sweepbox.detection.core.remote.uri import is_uri
from sweepbox.detection.data.dataset.prepare import PreparedDataset, PrepareSettings, open_dataset, prepare
from sweepbox.detection.data.dataset.prepared import DESCRIPTION, is_prepared
from sweepbox.detection.data.dataset.remote import local_data, wanted_files
from sweepbox.tuning.spec.schema import PrepareSpec, SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.metadata import read_metadata

Progress = Callable[[int, int], None]


def prepare_annotated(
    data: Path, out: Path, spec: PrepareSpec, *, on_progress: Progress | None
) -> PreparedDataset:
    """Split a folder of annotated photographs and write its records to `out`, which appears whole.

    DataError if a defect would break training; the message names `sweepbox doctor`, which lists all defects.
    """
    settings = PrepareSettings(
        validation_fraction=spec.validation_fraction, test_fraction=spec.test_fraction, seed=spec.seed
    )
    try:
        return prepare(data, out, settings, on_progress=on_progress)
    except DataError as error:
        raise DataError(f"{error}\n`sweepbox doctor {data}` lists all defects") from error


def dropped_boxes(dataset: PreparedDataset, folder: SweepFolder) -> tuple[str, ...]:
    """Return a line about the boxes of a sweep's photographs that were dropped, if there are any."""
    count = dataset.description.get("dropped", {}).get("count", 0) if folder.data.is_dir() else 0
    return (f"{folder.data / DESCRIPTION} lists {count} boxes that are dropped",) if count else ()


def check_data(data: str | None) -> None:
    """Check that there is data, without fetching any.

    Raises:
        SweepError: None is given, there is no such folder, or the store of a URI cannot be reached.
        DataError: The URI has no prepared records.
    """
    if data is not None and is_uri(data):
        wanted_files(Location(data))
    else:
        check_data_folder(None if data is None else Path(data))


def check_data_folder(data: Path | None) -> Path:
    """Return the data folder; SweepError where none is given or it is not there."""
    if data is None:
        raise SweepError("no data: give `data` in the sweep file or --data on the command line")
    if not data.is_dir():
        raise SweepError(
            f"{data}: no such folder; give a folder of annotated photographs or of prepared records"
        )
    return data


def open_sweep_data(folder: SweepFolder, spec: SweepSpec) -> PreparedDataset:
    """Return the records of an existing sweep; SweepError if they are missing."""
    if spec.data is None:
        raise SweepError(f"{folder.spec}: names no data; add `data` with the folder of prepared records")
    named = str(spec.data)
    data = local_data(named) if is_uri(named) else Path(os.path.normpath(folder.path / named))
    if not is_prepared(data):
        raise SweepError(
            f"{data}: the sweep's records are not there; bring them back or correct `data` in {folder.spec}"
        )
    return open_dataset(data)


def open_unchanged_data(folder: SweepFolder, spec: SweepSpec) -> PreparedDataset:
    """Return the records of an existing sweep; SweepError if they are missing or others than at first."""
    dataset = open_sweep_data(folder, spec)
    expected = read_metadata(folder).data_sha256
    if expected is not None and dataset.content_sha256() != expected:
        place = spec.data if is_uri(str(spec.data)) else dataset.directory
        raise SweepError(
            f"{place}: the records are not those that the sweep began with, so its trials would "
            "not compare; bring those back, or start another sweep with --out"
        )
    return dataset
