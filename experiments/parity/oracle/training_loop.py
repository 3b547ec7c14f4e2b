"""Write a checkpoint with the OD API's training loop, including the optimizer slots.

Usage: python training_loop.py --config pipeline.config --records train.record --label-map map.pbtxt --out folder
       [--steps 2] [--fine-tune golden/ckpt-0 --type detection]

Writes ckpt-2.* (object graph `step`, `model`, `optimizer`) and losses.json: `{"losses": [...]}`, one entry per step.
"""

import argparse
import json
import os
import time

import compat
import loops
import tensorflow as tf


def record_losses(rows):
    """Append the losses of each step to `rows`."""

    def on_scalar(name, value):
        if name == "steps_per_sec":
            rows.append({})
        elif rows and name.startswith("Loss/"):
            rows[-1][name.split("/")[-1]] = value

    loops.call_on_scalars(on_scalar)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--config", required=True)
    p.add_argument("--records", required=True)
    p.add_argument("--label-map", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--steps", type=int, default=2)
    p.add_argument("--fine-tune", help="checkpoint prefix (default: random weights)")
    p.add_argument("--type", default="detection")
    a = p.parse_args()
    started, rows = time.time(), []
    compat.quiet()
    tf.random.set_seed(0)
    config = compat.load_pipeline(a.config)
    compat.override_inputs(config, train_record=a.records, eval_record=a.records, label_map=a.label_map)
    config.train_config.ClearField("fine_tune_checkpoint")
    if a.fine_tune:
        config.train_config.fine_tune_checkpoint = a.fine_tune
        config.train_config.fine_tune_checkpoint_type = a.type
        config.train_config.fine_tune_checkpoint_version = 2  # V2
    record_losses(rows)
    loops.train(config, a.out, a.steps)
    os.remove(os.path.join(a.out, "checkpoint"))  # contains absolute paths
    compat.save_json(os.path.join(a.out, "losses.json"), {"losses": rows})
    print(json.dumps({"files": sorted(os.listdir(a.out)), "seconds": round(time.time() - started, 1)}))


if __name__ == "__main__":
    main()
