"""Exports the decoded images of a run, for a machine without the TFRecords and without TensorFlow."""

from dataclasses import replace
from pathlib import Path

from sweepbox.detection.config.label_map import LABEL_MAP_FILE, save_label_map
from sweepbox.detection.data.cache.export import export_record_set
from sweepbox.detection.runner.records import image_bound
from sweepbox.detection.runner.settings import RunSettings

TRAIN_FILE = "train.arrow"
VALIDATION_FILE = "validation.arrow"


def export_decoded_cache(settings: RunSettings, directory: Path) -> RunSettings:
    """Write the decoded images of a run to a folder, for another machine.

    The folder gets `train.arrow`, `validation.arrow` and `label_map.pbtxt`. With them and its config the run
    trains on the same images as here. The other machine needs Keras, its backend (JAX), NumPy, Pillow,
    protobuf, pyarrow and filelock, but not TensorFlow. The files fit every config with the same classes and the
    same bound on image sizes.

    Args:
        settings: The run.
        directory: The folder to write to.

    Returns:
        The run's settings with the records in `directory`.

    Raises:
        DataError: The records cannot be decoded or written.
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
