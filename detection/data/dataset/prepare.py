"""From a folder of annotated pictures to TFRecords: check, split, write."""

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
from sweepbox.detection.data.dataset.checks import check_objects
from sweepbox.detection.data.dataset.images import converted_bytes
from sweepbox.detection.data.dataset.plan import Picture, Plan, plan_dataset
from sweepbox.detection.data.dataset.prepared import (
    DESCRIPTION,
    TRAIN,
    VALIDATION,
    PreparedDataset,
    describe,
    open_dataset,
)
from sweepbox.detection.data.dataset.splits import choose_validation
from sweepbox.detection.data.dataset.voc import VocFolder, find_voc, read_annotation
from sweepbox.detection.data.parallel import map_in_order
from sweepbox.detection.data.records import Record, write_records

__all__ = ["PrepareSettings", "PreparedDataset", "open_dataset", "prepare"]

PICTURES_A_SHARD = 256
MOST_SHARDS = 256


@dataclass(frozen=True, kw_only=True)
class PrepareSettings:
    """How to prepare a data set.

    `shards` is the number of training files (None: one for every 256 pictures, at most 256); validation gets
    as many in proportion. Without a `label_map` the data's own `label_map.pbtxt` is taken; without one the
    classes are numbered from the most frequent to the rarest, equally frequent ones by name. `skip_damaged`
    leaves damaged files out instead of refusing them.
    """

    validation_fraction: float = 0.15
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
    """Check, split and write the Pascal VOC data set in `data` to the folder `out`, which appears whole.

    `out` gets `train-*.tfrecord`, `validation-*.tfrecord`, `label_map.pbtxt` and `dataset.json`. Boxes that
    reach past their image are clipped; boxes without area, of unknown class or given twice are dropped; both
    are listed in `dataset.json`. Every picture is decoded once before anything is written, and never more
    than a few are in memory. `on_progress` is called with the steps done and their total, two for each
    annotation. UsageError for settings out of range or an `out` that is not empty; DataError for data that
    cannot be used.
    """
    settings = settings or PrepareSettings()
    _check(out, settings)
    folder = find_voc(data)
    own_map = data / LABEL_MAP_FILE
    label_map = settings.label_map or (load_label_map(own_map) if own_map.is_file() else None)
    steps = _Steps(2 * len(folder.annotations), on_progress)
    plan = plan_dataset(
        folder, label_map, skip_damaged=settings.skip_damaged, on_progress=lambda done, _: steps.at(done)
    )
    label_map = label_map or label_map_by_frequency(plan.class_counts())
    splits = _split(plan, settings)
    with atomic_directory(out) as directory:
        save_label_map(label_map, directory / LABEL_MAP_FILE)
        for split, shards in _shard_counts(splits, settings.shards).items():
            records = _records_of_split(folder, splits, split, label_map, steps)
            write_records(records, label_map, directory, split, shards=shards)
        description = describe(directory, plan, splits, label_map)
        origin = {
            "source": str(data),
            "seed": settings.seed,
            "validation_fraction": settings.validation_fraction,
        }
        write_json(directory / DESCRIPTION, {**origin, **description})
    steps.at(steps.total)
    return open_dataset(out)


class _Steps:
    """Passes the number of steps done on to whoever wants to know."""

    def __init__(self, total: int, on_progress: Callable[[int, int], None] | None) -> None:
        self.total = total
        self._on_progress = on_progress

    def at(self, done: int) -> None:
        """Tell that so many steps are done."""
        if self._on_progress is not None:
            self._on_progress(done, self.total)


def _check(out: Path, settings: PrepareSettings) -> None:
    if settings.shards is not None and settings.shards < 1:
        raise UsageError(f"shards is {settings.shards}; write at least 1")
    if not 0 < settings.validation_fraction < 1:
        raise UsageError(
            f"the validation fraction is {settings.validation_fraction:g}; choose one between 0 and 1"
        )
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: a file stands there; choose another folder")
    if out.exists() and any(out.iterdir()):
        raise UsageError(f"{out}: the folder is not empty; empty it or choose another")


def label_map_by_frequency(counts: Counter[str]) -> LabelMap:
    """Return the classes numbered from the most frequent to the rarest, equally frequent ones by name."""
    return LabelMap.of(sorted(counts, key=lambda name: (-counts[name], name)))


def _split(plan: Plan, settings: PrepareSettings) -> dict[str, list[Picture]]:
    """Return the pictures of both parts, each in the order of their names."""
    contents = [(picture.sha256, [name for name, _ in picture.class_counts]) for picture in plan.pictures]
    chosen = choose_validation(contents, fraction=settings.validation_fraction, seed=settings.seed)
    parts: dict[str, list[Picture]] = {TRAIN: [], VALIDATION: []}
    for picture, in_validation in zip(plan.pictures, chosen, strict=True):
        parts[VALIDATION if in_validation else TRAIN].append(picture)
    return parts


def _shard_counts(splits: dict[str, list[Picture]], shards: int | None) -> dict[str, int]:
    """Return the number of files of each part, never more than it has pictures."""
    pictures = len(splits[TRAIN])
    train = shards or min(MOST_SHARDS, -(-pictures // PICTURES_A_SHARD))
    train = min(train, pictures)
    validation = max(1, round(train * len(splits[VALIDATION]) / pictures))
    return {TRAIN: train, VALIDATION: min(validation, len(splits[VALIDATION]))}


def _records_of_split(
    folder: VocFolder, splits: dict[str, list[Picture]], split: str, label_map: LabelMap, steps: _Steps
) -> Iterator[Record]:
    """Yield the records of a split in order, read by several threads a few pictures ahead; count them."""
    done = steps.total // 2 + (len(splits[TRAIN]) if split == VALIDATION else 0)
    records = map_in_order(lambda picture: _load(folder, picture, label_map), splits[split])
    for count, record in enumerate(records, start=1):
        yield record
        steps.at(done + count)


def _load(folder: VocFolder, picture: Picture, label_map: LabelMap) -> Record:
    """Return the record of one picture; DataError where its file changed since it was examined."""
    data = picture.image.read_bytes()
    if hashlib.sha256(data).hexdigest() != picture.sha256:
        raise DataError(f"{picture.image}: the file changed while it was being prepared; start again")
    encoded, image_format = data, "png" if data.startswith(b"\x89PNG") else "jpeg"
    if not picture.as_it_is:
        encoded, image_format = converted_bytes(data, picture.image, turn=picture.frame.turn)
    return Record(
        encoded=encoded,
        image_format=image_format,
        filename=picture.image.name,
        source_id=picture.image.name,
        height=picture.height,
        width=picture.width,
        ground_truth=_ground_truth(folder, picture, label_map),
    )


def _ground_truth(folder: VocFolder, picture: Picture, label_map: LabelMap) -> GroundTruth:
    """Return the usable objects of a picture, read again so that no more than a few are ever in memory."""
    usable, _ = check_objects(folder, read_annotation(picture.annotation), picture.frame, label_map)
    count = len(usable)
    return GroundTruth(
        boxes_yxyx=np.array([found.box_yxyx for found in usable], np.float32).reshape(count, 4),
        class_ids=np.array([label_map.id_of(found.source.name) for found in usable], np.int64),
        weights=np.ones(count, np.float32),
        difficult=np.array([found.source.difficult for found in usable], np.bool_),
        crowd=np.zeros(count, np.bool_),
    )
