"""Speed of the OD API's own training loop in a fresh process: build, first step, steps.

Usage: python training.py --config C --records R --label-map M --steps N --batch-size B

Prints FIRST_STEP when the first step has ended, and one JSON line: the seconds of every step, images/s over all but
the first two, peak memory. Steps are timed by the loop itself, run with num_steps_per_iteration = 1; the default of
100 fuses 100 steps into one call: the same arithmetic, but no single step could be timed.
"""

import argparse
import json
import resource
import statistics
import tempfile

import compat
import loops
import tensorflow as tf


def listen(seconds):
    """Keep the loop's own seconds of each step, and tell of the first."""

    def hear(name, value):
        if name == "steps_per_sec":
            seconds.append(1.0 / value)
            if len(seconds) == 1:
                print("FIRST_STEP", flush=True)

    loops.hear_scalars(hear)


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
    listen(seconds)
    with tempfile.TemporaryDirectory() as folder:
        loops.train(config, a.model_dir or folder, a.steps)
    warm = statistics.median(seconds[2:])
    print(
        json.dumps(
            {
                "step_s": [round(s, 4) for s in seconds],
                "images_per_s": a.batch_size / warm,
                "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
