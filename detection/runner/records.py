"""The decoded images of one training run."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.cache import RecordSet, open_record_set
from sweepbox.detection.data.class_fit import ClassFit
from sweepbox.detection.data.held_out import HeldOut
from sweepbox.detection.data.reading import Reading
from sweepbox.detection.model.ssd import input_size
from sweepbox.detection.runner.checkpoint_evaluation import unique_names
from sweepbox.detection.runner.settings import RunSettings

EVALUATION_BATCH = 8
BOXES_MULTIPLE = 8
"""Boxes per image are padded to a multiple of this, so that similar record sets share a compiled program."""
SMALLEST_BOUND_PIXELS = 640


@dataclass(frozen=True, eq=False)
class RunRecords:
    """The decoded images of a run, and the sizes that are compiled into its program.

    Attributes:
        key: The settings that determine the records, see `records_key`.
        train: The training images.
        validation: The validation images.
        train_boxes: Boxes per image in a training batch.
        evaluation_boxes: Boxes per image in an evaluation batch.
        evaluated_indices: Indices of the validation images to evaluate, in order.
        evaluation_group: Number of consecutive images whose losses are normalised together.
        notes: Lines for the user about dropped objects.
        held_out_names: In a fold of a cross-validation, the names of the validation images that are unique
            among the images of all folds; else None.
    """

    key: tuple[Any, ...]
    train: RecordSet
    validation: RecordSet
    train_boxes: int
    evaluation_boxes: int
    evaluated_indices: NDArray[np.int64]
    evaluation_group: int
    notes: tuple[str, ...] = ()
    held_out_names: tuple[str, ...] | None = None

    @property
    def evaluated_names(self) -> list[str]:
        """The unique names of the images that are evaluated."""
        indices = self.evaluated_indices.tolist()
        if self.held_out_names is None:
            return unique_names([self.validation.name(index) for index in indices])
        return [self.held_out_names[index] for index in indices]

    @property
    def evaluation_batch(self) -> int:
        """The rows of an evaluation batch: a multiple of the group, or all images if they are fewer."""
        count, group = len(self.evaluated_indices), self.evaluation_group
        return count if group >= count else -(-min(EVALUATION_BATCH, count) // group) * group

    @property
    def shapes(self) -> tuple[Hashable, ...]:
        """The shapes in the `CompileKey`: canvases, boxes per image, rows of an evaluation batch."""
        canvases = (self.train.canvas, self.validation.canvas)
        return (*canvases, self.train_boxes, self.evaluation_boxes, self.evaluation_batch)


def image_bound(config: pb.TrainEvalPipelineConfig) -> int:
    """Return the largest side of the decoded images, in pixels; larger images are shrunk to it.

    It is twice the larger side of the model's input, and at least 640, so that crops keep the original
    resolution and the decoded images stay small.
    """
    return max(SMALLEST_BOUND_PIXELS, 2 * max(input_size(config.model.ssd.image_resizer)))


def open_records(settings: RunSettings) -> RunRecords:
    """Return the decoded images of a run, at most as large as `image_bound`.

    The records are TFRecord files, or one `.arrow` file for each part (see `export_decoded_cache`). A batch has
    as many boxes per image as the input reader's `max_number_of_boxes` allows (further boxes of an image are
    dropped), but not more than the image with the most boxes needs. In a fold of a cross-validation both parts
    are divided anew, see `HeldOut`; the images are not copied.

    Raises:
        DataError: There are no images, or a record cannot be decoded.
    """
    bound = image_bound(settings.config)
    sets: list[RecordSet] = []
    notes: tuple[str, ...] = ()
    for name, paths in (("training", settings.train_records), ("validation", settings.validation_records)):
        records = open_record_set(
            paths, settings.label_map, cache_directory=settings.cache_directory, max_side=bound
        )
        if not len(records):
            raise DataError(f"the {name} records have no image; prepare the data again")
        notes += check_classes(f"{name} records", records, settings.label_map)
        sets.append(records)
    train, validation = sets
    reader = evaluation_reader(settings.config)
    reading, names = Reading.of(reader), None
    if settings.held_out is not None:
        train, validation = settings.held_out.divide(*sets)
        reading = replace(reading, one_of=1)  # every image of all folds is validated once
        names = _held_out_names(settings.held_out, *sets)
    evaluated = reading.evaluated(validation.files)
    if not validation.objects[evaluated].any():
        raise DataError(
            f"validation records: the {len(evaluated)} images that are evaluated have no object; reduce "
            "eval_input_reader.sample_1_of_n_examples"
        )
    return RunRecords(
        records_key(settings),
        train,
        validation,
        _boxes(train, settings.config.train_input_reader),
        _boxes(validation, reader),
        evaluated,
        max(1, settings.config.eval_config.batch_size),
        notes,
        names,
    )


def _held_out_names(held_out: HeldOut, train: RecordSet, validation: RecordSet) -> tuple[str, ...]:
    names = unique_names(
        [records.name(index) for records in (train, validation) for index in range(len(records))]
    )
    return tuple(names[place] for place in held_out.places(train).tolist())


def check_classes(split: str, records: RecordSet, label_map: LabelMap) -> tuple[str, ...]:
    """Return lines about dropped objects; DataError where a class or all of a split is lost (`ClassFit`)."""
    kept = {label_map.name_of(class_id): count for class_id, count in records.class_counts.items()}
    return ClassFit(split, label_map, kept, records.dropped).check()


def evaluation_reader(config: pb.TrainEvalPipelineConfig) -> pb.InputReader:
    """Return the first evaluation reader of a config, or one with the default values if it has none."""
    return config.eval_input_reader[0] if config.eval_input_reader else pb.InputReader()


def _boxes(records: RecordSet, reader: pb.InputReader) -> int:
    """Return the number of boxes per image in a batch."""
    padded = -(-max(records.max_boxes, 1) // BOXES_MULTIPLE) * BOXES_MULTIPLE
    return min(padded, max(1, reader.max_number_of_boxes))


def records_key(settings: RunSettings) -> tuple[Any, ...]:
    """Return the settings that determine the decoded images of a run; runs with equal keys share them."""
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
        settings.held_out,
    )
