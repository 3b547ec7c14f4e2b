"""The decoded images of one training run."""

from dataclasses import dataclass
from typing import Any

from detection.core.errors import DataError
from detection.data.cache import RecordSet, open_record_set
from detection.model.ssd import input_size
from detection.runner.settings import RunSettings

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
    max_boxes: int

    @property
    def evaluation_batch(self) -> int:
        """The rows of an evaluation batch."""
        return min(EVALUATION_BATCH, len(self.validation))

    @property
    def shape(self) -> tuple[Any, ...]:
        """The sizes that are compiled in."""
        return (self.train.canvas, self.validation.canvas, self.max_boxes, self.evaluation_batch)


def open_records(settings: RunSettings) -> RunRecords:
    """Return the decoded images of a run.

    They are kept at up to twice the larger side of the model's input (but at least 640 pixels): enough for
    crops to be taken from original pixels, small enough to map. The boxes of a batch are as many as the input
    reader's `max_number_of_boxes` allows, but not more than any image has.
    """
    bound = max(SMALLEST_BOUND_PIXELS, 2 * max(input_size(settings.config.model.ssd.image_resizer)))
    sets = []
    for name, paths in (("training", settings.train_records), ("validation", settings.validation_records)):
        records = open_record_set(
            paths, settings.label_map, cache_directory=settings.cache_directory, max_side=bound
        )
        if not len(records):
            raise DataError(f"the {name} records hold no image; prepare the data again")
        sets.append(records)
    most = max(records.max_boxes for records in sets)
    padded = -(-max(most, 1) // BOXES_MULTIPLE) * BOXES_MULTIPLE
    allowed = max(1, settings.config.train_input_reader.max_number_of_boxes)
    return RunRecords(records_source(settings), sets[0], sets[1], min(padded, allowed))


def records_source(settings: RunSettings) -> tuple[Any, ...]:
    """Return what decides which decoded images a run reads."""
    return (
        settings.train_records,
        settings.validation_records,
        settings.label_map,
        settings.cache_directory,
        input_size(settings.config.model.ssd.image_resizer),
        settings.config.train_input_reader.max_number_of_boxes,
    )
