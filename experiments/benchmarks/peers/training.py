"""Measure the OD API's training loop in a fresh process: build, first step, further steps.

Usage: python training.py --config C --records R --label-map M --steps N --batch-size B

Prints FIRST_STEP when the first step has ended, and one JSON line: the seconds of every step, images/s over all but
the first two steps, and peak memory. The loop times its own steps and runs with num_steps_per_iteration = 1; the
default of 100 runs 100 steps in one call, with the same arithmetic but no timing of a single step.
"""

import argparse
import json
import resource
import statistics
import tempfile

import compat
import loops
import tensorflow as tf


def record_step_times(seconds):
    """Append the loop's own time of each step to `seconds`, and print FIRST_STEP after the first."""

    def on_scalar(name, value):
        if name == "steps_per_sec":
            seconds.append(1.0 / value)
            if len(seconds) == 1:
                print("FIRST_STEP", flush=True)

    loops.call_on_scalars(on_scalar)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--config", required=True)
    p.add_argument("--records", required=True)
    p.add_argument("--label-map", required=True)
    p.add_argument("--steps", type=int, required=True)
    p.add_argument("--batch-size", type=int, required=True)
    p.add_argument("--model-dir", help="where checkpoints go; a temporary folder by default")
    a = p.parse_args()
    compat.quiet()
    tf.random.set_seed(0)
    config = compat.load_pipeline(a.config)
    compat.override_inputs(config, train_record=a.records, eval_record=a.records, label_map=a.label_map)
    config.train_config.ClearField("fine_tune_checkpoint")
    config.train_config.batch_size = a.batch_size
    seconds = []
    record_step_times(seconds)
    with tempfile.TemporaryDirectory() as folder:
        loops.train(config, a.model_dir or folder, a.steps)
    median = statistics.median(seconds[2:])
    print(
        json.dumps(
            {
                "step_s": [round(s, 4) for s in seconds],
                "images_per_s": a.batch_size / median,
                "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
