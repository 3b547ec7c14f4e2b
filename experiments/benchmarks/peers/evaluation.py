"""Seconds of the OD API's own evaluation loop over a record file, in a fresh process.

Usage: python evaluation.py --config C --checkpoint folder/ckpt-2 --records R --label-map M

Prints one JSON line: seconds of the loop from its call to its metrics (tracing included), and `steady_s_per_image`:
the median time from one image to the next.
"""

import argparse
import itertools
import json
import statistics
import time

import compat
import tensorflow as tf
from object_detection import inputs, model_lib_v2
from object_detection.builders import model_builder


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--config", required=True)
    p.add_argument("--checkpoint", required=True)
    p.add_argument("--records", required=True)
    p.add_argument("--label-map", required=True)
    a = p.parse_args()
    compat.quiet()
    config = compat.load_pipeline(a.config)
    compat.override_inputs(config, train_record=a.records, eval_record=a.records, label_map=a.label_map)
    config.eval_config.metrics_set[:] = ["coco_detection_metrics"]
    config.eval_config.num_visualizations = 0
    reader = config.eval_input_reader[0]
    reader.num_epochs, reader.shuffle = 1, False
    model = model_builder.build(config.model, is_training=True)
    data = inputs.eval_input(
        eval_config=config.eval_config, eval_input_config=reader, model_config=config.model, model=model
    )
    times = []

    def stamped():
        for element in data:
            times.append(time.perf_counter())
            yield element

    step = tf.Variable(0, dtype=tf.int64, name="global_step")
    status = tf.train.Checkpoint(step=step, model=model).restore(a.checkpoint).expect_partial()
    configs = {
        "model": config.model,
        "eval_config": config.eval_config,
        "train_config": config.train_config,
        "eval_input_config": reader,
        "eval_input_configs": list(config.eval_input_reader),
        "train_input_config": config.train_input_reader,
    }
    started = time.perf_counter()
    model_lib_v2.eager_eval_loop(model, configs, stamped(), postprocess_on_cpu=False, global_step=step)
    seconds = time.perf_counter() - started
    status.assert_existing_objects_matched()
    gaps = [later - earlier for earlier, later in itertools.pairwise(times[1:])]
    print(json.dumps({"loop_s": seconds, "images": len(times), "steady_s_per_image": statistics.median(gaps)}))


if __name__ == "__main__":
    main()
