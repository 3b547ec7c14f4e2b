"""Turns a folder of annotated images into TFRecords: check, split, write."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sweepbox.detection.config.label_map import LABEL_MAP_FILE, load_label_map, save_label_map
from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.core.errors import DataError, UsageError
from sweepbox.detection.core.files import atomic_directory, write_json
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.limits import IMAGE_BYTES
from sweepbox.detection.core.regular_files import read_regular
from sweepbox.detection.data.dataset.checks import check_objects
from sweepbox.detection.data.dataset.images import converted_bytes
from sweepbox.detection.data.dataset.plan import Plan, PlannedImage, plan_dataset
from sweepbox.detection.data.dataset.prepared import DESCRIPTION, PreparedDataset, describe, open_dataset
from sweepbox.detection.data.dataset.splits import TEST, TRAIN, VALIDATION, check_fractions, choose_parts
from sweepbox.detection.data.dataset.voc import read_annotation
from sweepbox.detection.data.dataset.voc_folder import VocFolder, find_voc
from sweepbox.detection.data.parallel import map_in_order
from sweepbox.detection.data.records import Record, write_records

__all__ = ["PrepareSettings", "PreparedDataset", "open_dataset", "prepare"]

_OPTIONS = {
    TRAIN: "--validation-fraction",
    VALIDATION: "--validation-fraction",
    TEST: "--test-fraction (0 for no test part)",
}
"""The option that decides the size of each part."""
IMAGES_PER_SHARD = 256
MAX_SHARDS = 256


@dataclass(frozen=True, kw_only=True)
class PrepareSettings:
    """How to prepare a data set.

    Attributes:
        validation_fraction: The fraction of the images for validation, between 0 and 1.
        test_fraction: The fraction of the images for the test part, which neither training nor a search reads;
            0 for no test part.
        seed: Decides the split.
        shards: The number of training files, by default one for every 256 images and at most 256; the other
            parts have proportionally many.
        label_map: The classes; by default the data's own `label_map.pbtxt`, else the classes are numbered by
            frequency, the most frequent first, then by name.
        skip_damaged: Leave damaged files out instead of raising an error.
    """

    validation_fraction: float = 0.15
    test_fraction: float = 0.15
    seed: int = 0
    shards: int | None = None
    label_map: LabelMap | None = None
    skip_damaged: bool = False


def prepare(
    data: Path,
    out: Path,
    settings: PrepareSettings | None = None,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> PreparedDataset:
    """Check, split and write the Pascal VOC data set in `data` to the folder `out`, atomically.

    `out` gets `train-*.tfrecord`, `validation-*.tfrecord`, `test-*.tfrecord`, `label_map.pbtxt` and
    `dataset.json`. Boxes that extend beyond their image are clipped; boxes without area, of unknown class or
    given twice are dropped; `dataset.json` lists both. Every image is decoded once before anything is written,
    with only a few in memory.

    Args:
        data: A folder with images and annotations.
        out: The folder to write; it must be empty or not exist.
        settings: How to split and write; the defaults of `PrepareSettings` if None.
        on_progress: Called with the steps done and their total, two for each annotation.

    Returns:
        The data set in `out`.

    Raises:
        UsageError: A setting is out of range, or `out` is not empty.
        DataError: The data cannot be used, or a part has no object.

    Example:
        >>> prepare(Path("photographs"), Path("records"), PrepareSettings(validation_fraction=0.2))
    """
    settings = settings or PrepareSettings()
    _check(out, settings)
    folder = find_voc(data)
    own_map = data / LABEL_MAP_FILE
    label_map = settings.label_map or (load_label_map(own_map) if own_map.is_file() else None)
    progress = _Progress(2 * len(folder.annotations), on_progress)
    plan = plan_dataset(
        folder, label_map, skip_damaged=settings.skip_damaged, on_progress=lambda done, _: progress.report(done)
    )
    label_map = label_map or label_map_by_frequency(plan.class_counts())
    splits = _split(plan, settings)
    with atomic_directory(out) as directory:
        save_label_map(label_map, directory / LABEL_MAP_FILE)
        for split, shards in _shard_counts(splits, settings.shards).items():
            records = _records_of_split(folder, splits, split, label_map, progress)
            write_records(records, label_map, directory, split, shards=shards)
        description = describe(directory, plan, splits, label_map)
        origin = {
            "source": str(data),
            "seed": settings.seed,
            "validation_fraction": settings.validation_fraction,
            "test_fraction": settings.test_fraction,
            "image_folders": list(folder.image_folders),
        }
        write_json(directory / DESCRIPTION, {**origin, **description})
    progress.report(progress.total)
    return open_dataset(out)


class _Progress:
    """Reports the number of steps done."""

    def __init__(self, total: int, on_progress: Callable[[int, int], None] | None) -> None:
        self.total = total
        self._on_progress = on_progress

    def report(self, done: int) -> None:
        """Report that `done` steps are done."""
        if self._on_progress is not None:
            self._on_progress(done, self.total)


def _check(out: Path, settings: PrepareSettings) -> None:
    if settings.shards is not None and settings.shards < 1:
        raise UsageError(f"shards is {settings.shards}; write at least 1")
    check_fractions(settings.validation_fraction, settings.test_fraction)
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: there is a file of this name; choose another folder")
    if out.exists() and any(out.iterdir()):
        raise UsageError(f"{out}: the folder is not empty; empty it or choose another")


def label_map_by_frequency(counts: Counter[str]) -> LabelMap:
    """Return the classes numbered by frequency, the most frequent first, then by name."""
    return LabelMap.of(sorted(counts, key=lambda name: (-counts[name], name)))


def _split(plan: Plan, settings: PrepareSettings) -> dict[str, list[PlannedImage]]:
    """Return the images of each part, sorted by name."""
    contents = [(planned.sha256, [name for name, _ in planned.class_counts]) for planned in plan.images]
    chosen = choose_parts(
        contents,
        validation_fraction=settings.validation_fraction,
        test_fraction=settings.test_fraction,
        seed=settings.seed,
    )
    names = (TRAIN, VALIDATION, TEST) if settings.test_fraction > 0 else (TRAIN, VALIDATION)
    parts: dict[str, list[PlannedImage]] = {name: [] for name in names}
    for planned, part in zip(plan.images, chosen, strict=True):
        parts[part].append(planned)
    for part, images in parts.items():
        if not any(planned.class_counts for planned in images):
            raise DataError(
                f"the {part} part has no object: {len(images)} of {len(plan.images)} images, none annotated; "
                f"annotate objects in more images, or choose another {_OPTIONS[part]}"
            )
    return parts


def _shard_counts(splits: dict[str, list[PlannedImage]], shards: int | None) -> dict[str, int]:
    """Return the number of files of each part, at most its number of images."""
    planned_images = len(splits[TRAIN])
    train = shards or min(MAX_SHARDS, -(-planned_images // IMAGES_PER_SHARD))
    train = min(train, planned_images)
    counts = {part: max(1, round(train * len(images) / planned_images)) for part, images in splits.items()}
    return {part: min(count, train, len(splits[part])) for part, count in counts.items()}


def _records_of_split(
    folder: VocFolder,
    splits: dict[str, list[PlannedImage]],
    split: str,
    label_map: LabelMap,
    progress: _Progress,
) -> Iterator[Record]:
    """Yield the records of a split in order; threads read a few images ahead."""
    parts = list(splits)
    done = progress.total // 2 + sum(len(splits[part]) for part in parts[: parts.index(split)])
    records = map_in_order(lambda planned: _load(folder, planned, label_map), splits[split])
    for count, record in enumerate(records, start=1):
        yield record
        progress.report(done + count)


def _load(folder: VocFolder, planned: PlannedImage, label_map: LabelMap) -> Record:
    """Return the record of one image; DataError if its file changed since it was examined."""
    data = read_regular(planned.image, IMAGE_BYTES)
    if hashlib.sha256(data).hexdigest() != planned.sha256:
        raise DataError(f"{planned.image}: the file changed while it was being prepared; start again")
    encoded, image_format = data, "png" if data.startswith(b"\x89PNG") else "jpeg"
    if not planned.is_unchanged:
        encoded, image_format = converted_bytes(data, planned.image, turn=planned.frame.turn)
    return Record(
        encoded=encoded,
        image_format=image_format,
        filename=planned.name,
        source_id=planned.name,
        height=planned.height,
        width=planned.width,
        ground_truth=_ground_truth(folder, planned, label_map),
    )


def _ground_truth(folder: VocFolder, planned: PlannedImage, label_map: LabelMap) -> GroundTruth:
    """Return the usable objects of an image, read again so that only a few are in memory."""
    usable, _ = check_objects(folder, read_annotation(planned.annotation), planned.frame, label_map)
    count = len(usable)
    return GroundTruth(
        boxes_yxyx=np.array([found.box_yxyx for found in usable], np.float32).reshape(count, 4),
        class_ids=np.array([label_map.id_of(found.source.name) for found in usable], np.int64),
        weights=np.ones(count, np.float32),
        difficult=np.array([found.source.difficult for found in usable], np.bool_),
        crowd=np.zeros(count, np.bool_),
    )
