"""The training batches of a run."""

from sweepbox.detection.data.augment import Preprocessor
from sweepbox.detection.data.batches import TrainingBatches
from sweepbox.detection.data.copy_paste import copy_paste
from sweepbox.detection.data.reading import Reading
from sweepbox.detection.runner.records import RunRecords
from sweepbox.detection.runner.settings import RunSettings


def training_batches(settings: RunSettings, records: RunRecords, preprocessor: Preprocessor) -> TrainingBatches:
    """Return the batches of a run, each with the random numbers that its preprocessor uses."""
    return TrainingBatches(
        records.train,
        batch_size=settings.config.train_config.batch_size,
        max_boxes=records.train_boxes,
        noise_columns=preprocessor.noise_columns,
        seed=settings.seed,
        reading=Reading.of(settings.config.train_input_reader),
        change=copy_paste(
            settings.config.train_config.data_augmentation_options, records.train, settings.label_map
        ),
    )
