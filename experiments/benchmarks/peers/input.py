"""Measure the images per second of the OD API's training input: read, decode, augment, resize, batch.

Usage: python input.py --config C --records R --label-map M --batch-size B --batches N

Prints one JSON line. The first five batches, during which the reader fills its buffers, are not counted.
"""

import argparse
import json
import time

import compat
from object_detection import inputs
from object_detection.builders import model_builder

WARM_UP = 5


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--config", required=True)
    p.add_argument("--records", required=True)
    p.add_argument("--label-map", required=True)
    p.add_argument("--batch-size", type=int, required=True)
    p.add_argument("--batches", type=int, default=20)
    a = p.parse_args()
    compat.quiet()
    config = compat.load_pipeline(a.config)
    compat.override_inputs(config, train_record=a.records, eval_record=a.records, label_map=a.label_map)
    config.train_config.batch_size = a.batch_size
    model = model_builder.build(config.model, is_training=True)
    data = inputs.train_input(config.train_config, config.train_input_reader, config.model, model=model)
    batches = iter(data)
    for _ in range(WARM_UP):
        next(batches)
    started = time.perf_counter()
    for _ in range(a.batches):
        next(batches)
    print(json.dumps({"images_per_s": a.batches * a.batch_size / (time.perf_counter() - started)}))


if __name__ == "__main__":
    main()
