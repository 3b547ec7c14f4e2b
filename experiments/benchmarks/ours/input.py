"""Measure the images per second of our training input: batches of decoded images, augmented and resized.

    python -m experiments.benchmarks.ours.input --config C --records FOLDER --batch-size B [--batches 20]

Prints one JSON line. A thread prepares batches ahead, as in training; the preprocessor is compiled on its own,
while in training it is part of the step. The host rate excludes the preprocessor: it is the work left for the
CPU when the preprocessor runs on a GPU.
"""

import argparse
import json
import time
from pathlib import Path

from experiments.benchmarks.ours.settings import choose_backend, run_settings
from sweepbox.detection.data.batches import TrainingBatches

WARM_UP = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--batches", type=int, default=40)
    options = parser.parse_args()
    choose_backend()
    import tensorflow as tf

    from sweepbox.detection.data.augment import build_preprocessor
    from sweepbox.detection.runner.records import open_records
    from sweepbox.detection.training.step import arrays_of

    settings = run_settings(options.config, options.records, batch_size=options.batch_size)
    records = open_records(settings)
    preprocessor = build_preprocessor(
        settings.config.model.ssd.image_resizer, settings.config.train_config.data_augmentation_options
    )
    batches = TrainingBatches(
        records.train,
        batch_size=options.batch_size,
        max_boxes=records.train_boxes,
        noise_columns=preprocessor.noise_columns,
        seed=0,
    )
    host = _host_rate(batches, options.batches) * options.batch_size
    stream = batches.iterate(0)

    @tf.function
    def prepare(*arrays: tf.Tensor) -> tf.Tensor:
        return preprocessor(*arrays, normalise=lambda images: images * (2.0 / 255.0) - 1.0).images

    for _ in range(WARM_UP):
        prepare(*arrays_of(next(stream)))
    started = time.perf_counter()
    for _ in range(options.batches):
        prepare(*arrays_of(next(stream)))
    rate = options.batches * options.batch_size / (time.perf_counter() - started)
    print(json.dumps({"images_per_s": rate, "host_images_per_s": host}))


def _host_rate(batches: TrainingBatches, count: int) -> float:
    """Return the batches per second that one thread prepares for the device."""
    batches.at(0)
    started = time.perf_counter()
    for step in range(count):
        batches.at(step)
    return count / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
