"""A run's decoded images as files to carry to a machine that has neither the TFRecords nor TensorFlow."""

from dataclasses import replace
from pathlib import Path

from sweepbox.detection.config.label_map import LABEL_MAP_FILE, save_label_map
from sweepbox.detection.data.cache.export import export_record_set
from sweepbox.detection.runner.records import image_bound
from sweepbox.detection.runner.settings import RunSettings

TRAIN_FILE = "train.arrow"
VALIDATION_FILE = "validation.arrow"


def carry_records(settings: RunSettings, directory: Path) -> RunSettings:
    """Write what a run reads into `directory` and return the run's settings with the records there.

    The folder gets `train.arrow`, `validation.arrow` and `label_map.pbtxt`. With them the run trains elsewhere
    as it would here, image for image; it needs no other file but its config, and of packages only Keras, its
    backend (JAX), NumPy, Pillow, protobuf and pyarrow. They serve every config with the same classes and the
    same bound on images. DataError where the records cannot be decoded or written.
    """
    sources = {TRAIN_FILE: settings.train_records, VALIDATION_FILE: settings.validation_records}
    for name, paths in sources.items():
        export_record_set(
            paths,
            settings.label_map,
            directory / name,
            cache_directory=settings.cache_directory,
            max_side=image_bound(settings.config),
        )
    save_label_map(settings.label_map, directory / LABEL_MAP_FILE)
    train, validation = ((directory / name,) for name in sources)
    return replace(settings, train_records=train, validation_records=validation)
