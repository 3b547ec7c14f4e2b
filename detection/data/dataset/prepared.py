"""A prepared data set: a folder of TFRecords, label map and description."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sweepbox.detection.config.label_map import LABEL_MAP_FILE, load_label_map
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.files import sha256_of
from sweepbox.detection.core.json_text import parse_json
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.limits import DESCRIPTION_BYTES
from sweepbox.detection.core.regular_files import read_regular
from sweepbox.detection.data.cache.arrow.metadata import SUFFIX
from sweepbox.detection.data.class_fit import ClassFit
from sweepbox.detection.data.dataset.plan import Plan, PlannedImage
from sweepbox.detection.data.dataset.splits import TEST, TRAIN, VALIDATION
from sweepbox.detection.data.dropped import Dropped, DropReason
from sweepbox.detection.data.records import find_records, has_records

DESCRIPTION = "dataset.json"
FORMAT = 1


@dataclass(frozen=True)
class PreparedDataset:
    """The files of a prepared data set.

    `test` is empty where there is no test part. `description` is the content of `dataset.json`, empty without
    one. `notes` are lines for the user about classes that the label map lacks.
    """

    directory: Path
    train: tuple[Path, ...]
    validation: tuple[Path, ...]
    label_map: LabelMap
    description: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    test: tuple[Path, ...] = ()

    def content_sha256(self) -> str:
        """Return a hash of the contents of all records, by split and in order, whatever the files' names.

        The hashes of the files are those in `dataset.json`; without one they are computed.
        """
        described = {
            name: file["sha256"]
            for split in self.description.get("splits", {}).values()
            for name, file in split["files"].items()
        }
        parts = [
            f"{split} {described.get(path.name) or sha256_of(path)}"
            for split, paths in ((TRAIN, self.train), (VALIDATION, self.validation), (TEST, self.test))
            for path in paths
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def open_dataset(directory: Path) -> PreparedDataset:
    """Return the data set in a folder that `prepare` wrote, or that has such records and a label map.

    A split may also be one file of decoded images, as `export_decoded_cache` writes it. There may be a test
    part; its records are not read.
    DataError if records or label map are missing, a file has another size than `dataset.json` states, or the
    label map lacks the classes of the records.
    """
    if not directory.is_dir():
        raise DataError(f"{directory}: there is no such folder; make one with `sweepbox prepare`")
    label_map = directory / LABEL_MAP_FILE
    if not label_map.is_file():
        raise DataError(f"{directory}: {LABEL_MAP_FILE} is missing; it was not written by `sweepbox prepare`")
    description = _read_description(directory / DESCRIPTION)
    for name, file in (
        entry for split in description.get("splits", {}).values() for entry in split["files"].items()
    ):
        path = directory / name
        if not path.is_file() or path.stat().st_size != file["bytes"]:
            raise DataError(f"{path}: the file is missing or has not its {file['bytes']} bytes; prepare again")
    labels = load_label_map(label_map)
    return PreparedDataset(
        directory=directory,
        train=_records_of(directory, TRAIN),
        validation=_records_of(directory, VALIDATION),
        label_map=labels,
        description=description,
        notes=_check_classes(directory, description, labels),
        test=_records_of(directory, TEST) if _has_part(directory, TEST) else (),
    )


def _check_classes(directory: Path, description: dict[str, Any], label_map: LabelMap) -> tuple[str, ...]:
    """Return lines about objects of classes that an edited label map lacks.

    DataError if a class or all of a split is lost so. A label map with names and display names is checked when
    the records are read, because a description has display names only.
    """
    if label_map.stored_names:
        return ()
    notes: list[str] = []
    for split in description.get("splits", {}):
        counts = Counter({entry["name"]: entry[split] for entry in description["classes"]})
        kept = {name: count for name, count in counts.items() if label_map.id_of(name) is not None}
        dropped: Dropped = Counter(
            {(DropReason.UNKNOWN_NAME, name): n for name, n in counts.items() if n and name not in kept}
        )
        notes += ClassFit(f"{directory}: {split} records", label_map, kept, dropped).check()
    return tuple(notes)


def is_prepared(directory: Path) -> bool:
    """Return whether a folder holds records that `prepare` wrote, or their decoded images."""
    return (directory / DESCRIPTION).is_file() or has_decoded_images(directory)


def has_decoded_images(directory: Path) -> bool:
    """Return whether a folder has the training split as a file of decoded images."""
    return (directory / f"{TRAIN}{SUFFIX}").is_file()


def _has_part(directory: Path, split: str) -> bool:
    """Return whether a folder has records of a split, in one form or the other."""
    return (directory / f"{split}{SUFFIX}").is_file() or has_records(directory, split)


def _records_of(directory: Path, split: str) -> tuple[Path, ...]:
    """Return the file of decoded images of a split, or else its TFRecord files."""
    decoded = directory / f"{split}{SUFFIX}"
    return (decoded,) if decoded.is_file() else find_records(directory, split)


def _read_description(path: Path) -> dict[str, Any]:
    """Return the content of `dataset.json`; empty if there is no such file."""
    if not path.is_file():
        return {}
    return parse_description(read_regular(path, DESCRIPTION_BYTES), str(path))


def parse_description(text: bytes, name: str) -> dict[str, Any]:
    """Return the content of a `dataset.json`; DataError, with its `name`, where it is damaged."""
    try:
        description = parse_json(text)
    except ValueError as error:
        raise DataError(f"{name}: the file is damaged ({error}); prepare the data again") from error
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise DataError(f"{name}: this is not format {FORMAT} of the description; prepare the data again")
    if not _is_complete(description):
        raise DataError(
            f"{name}: the file is damaged (classes or splits are incomplete); prepare the data again"
        )
    return description


def _is_complete(description: dict[str, Any]) -> bool:
    """Return whether a description has the entries that are read."""
    try:
        files = [file for split in description["splits"].values() for file in split["files"].values()]
        counts = [
            (entry["name"], entry[split]) for entry in description["classes"] for split in description["splits"]
        ]
    except (KeyError, TypeError, AttributeError):
        return False
    return all(isinstance(file, dict) and {"bytes", "sha256"} <= file.keys() for file in files) and all(
        isinstance(name, str) and isinstance(count, int) for name, count in counts
    )


def describe(
    directory: Path, plan: Plan, splits: Mapping[str, Sequence[PlannedImage]], label_map: LabelMap
) -> dict[str, Any]:
    """Return the description of a data set whose records are already written to `directory`."""
    by_split = {split: _class_counts(planned_images) for split, planned_images in splits.items()}
    hashes = Counter(planned.sha256 for planned in plan.images)
    return {
        "format": FORMAT,
        "classes": [
            {"id": class_id, "name": name, **{split: counts[name] for split, counts in by_split.items()}}
            for class_id, name in label_map.items
        ],
        "splits": {split: _describe_split(directory, split, images) for split, images in splits.items()},
        "image_sizes": _sizes(plan.images),
        "duplicate_images": sum(count - 1 for count in hashes.values()),
        **{
            name: {"count": len(defects), "list": [defect.to_json() for defect in defects]}
            for name, defects in (
                ("clipped", plan.clipped), ("dropped", plan.dropped), ("left_out", plan.left_out), ("notes",
                plan.notes),
            )
        },
    }  # fmt: skip


def _class_counts(planned_images: Sequence[PlannedImage]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for planned in planned_images:
        counts.update(dict(planned.class_counts))
    return counts


def _describe_split(directory: Path, split: str, planned_images: Sequence[PlannedImage]) -> dict[str, Any]:
    """Return counts, files with hashes, and the images with the hashes of their source files."""
    paths = find_records(directory, split)
    return {
        "images": len(planned_images),
        "objects": sum(_class_counts(planned_images).values()),
        "images_without_objects": sum(not planned.class_counts for planned in planned_images),
        "files": {path.name: {"bytes": path.stat().st_size, "sha256": sha256_of(path)} for path in paths},
        "pictures": {planned.name: planned.sha256 for planned in planned_images},
    }


def _sizes(planned_images: Sequence[PlannedImage]) -> dict[str, dict[str, float]]:
    """Return smallest, median and largest width and height in pixels."""
    sides = {
        "width": [planned.width for planned in planned_images],
        "height": [planned.height for planned in planned_images],
    }
    return {
        side: {"min": min(values), "median": float(np.median(values)), "max": max(values)}
        for side, values in sides.items()
    }
