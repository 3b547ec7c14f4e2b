"""The decoded images of one training run."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.data.cache import RecordSet, open_record_set
from sweepbox.detection.data.reading import Reading
from sweepbox.detection.model.ssd import input_size
from sweepbox.detection.runner.settings import RunSettings

EVALUATION_BATCH = 8
BOXES_MULTIPLE = 8
"""Boxes of a batch are padded to a multiple of this, so that similar record sets share a compiled program."""
SMALLEST_BOUND_PIXELS = 640


@dataclass(frozen=True, eq=False)
class RunRecords:
    """The decoded images of a run, and what of them shapes the compiled program."""

    source: tuple[Any, ...]
    train: RecordSet
    validation: RecordSet
    train_boxes: int
    evaluation_boxes: int
    evaluated: NDArray[np.int64]
    """Which validation records an evaluation takes, in order."""
    evaluation_group: int
    """How many of them share the normalisation of their losses."""

    @property
    def evaluation_batch(self) -> int:
        """The rows of an evaluation batch: whole groups, or all images where these are fewer than a group."""
        count, group = len(self.evaluated), self.evaluation_group
        return count if group >= count else -(-min(EVALUATION_BATCH, count) // group) * group

    @property
    def shapes(self) -> tuple[Hashable, ...]:
        """The records' part of the `CompileKey`: canvases, boxes of a batch, rows of an evaluation batch."""
        canvases = (self.train.canvas, self.validation.canvas)
        return (*canvases, self.train_boxes, self.evaluation_boxes, self.evaluation_batch)


def image_bound(config: pb.TrainEvalPipelineConfig) -> int:
    """Return the longest side in pixels at which images are kept.

    It is twice the larger side of the model's input, but at least 640: enough for crops to be taken from
    original pixels, small enough to map.
    """
    return max(SMALLEST_BOUND_PIXELS, 2 * max(input_size(config.model.ssd.image_resizer)))


def open_records(settings: RunSettings) -> RunRecords:
    """Return the decoded images of a run, at most as large as `image_bound` says.

    The records may be named by the TFRecord files or by one `.arrow` file each (see `export_decoded_cache`).
    The boxes of a batch are as many as its input reader's `max_number_of_boxes` allows (the first ones of an
    image are kept), but not more than any image has.
    """
    bound = image_bound(settings.config)
    sets = []
    for name, paths in (("training", settings.train_records), ("validation", settings.validation_records)):
        records = open_record_set(
            paths, settings.label_map, cache_directory=settings.cache_directory, max_side=bound
        )
        if not len(records):
            raise DataError(f"the {name} records hold no image; prepare the data again")
        sets.append(records)
    train, validation = sets
    reader = evaluation_reader(settings.config)
    return RunRecords(
        records_source(settings),
        train,
        validation,
        _boxes(train, settings.config.train_input_reader),
        _boxes(validation, reader),
        Reading.of(reader).evaluated(validation.files),
        max(1, settings.config.eval_config.batch_size),
    )


def evaluation_reader(config: pb.TrainEvalPipelineConfig) -> pb.InputReader:
    """Return the first evaluation reader of a config; one with the schema's defaults where it has none."""
    return config.eval_input_reader[0] if config.eval_input_reader else pb.InputReader()


def _boxes(records: RecordSet, reader: pb.InputReader) -> int:
    """Return how many boxes a batch holds for each image."""
    padded = -(-max(records.max_boxes, 1) // BOXES_MULTIPLE) * BOXES_MULTIPLE
    return min(padded, max(1, reader.max_number_of_boxes))


def records_source(settings: RunSettings) -> tuple[Any, ...]:
    """Return what decides which decoded images a run reads."""
    reader = evaluation_reader(settings.config)
    return (
        settings.train_records,
        settings.validation_records,
        settings.label_map,
        settings.cache_directory,
        input_size(settings.config.model.ssd.image_resizer),
        settings.config.train_input_reader.max_number_of_boxes,
        reader.max_number_of_boxes,
        Reading.of(reader),
        settings.config.eval_config.batch_size,
    )
