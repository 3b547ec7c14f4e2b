"""Write checkpoint keys and shapes of newly built OD API models.

Usage: python variable_tables.py --configs folder --out tables.json

Writes `{"NAME": {"KEY": [shape], ...}}` for every `NAME.config` in the folder; keys without the suffix
`/.ATTRIBUTES/VARIABLE_VALUE`. Variables do not depend on the image size, so FPN models are built at 320x320.
"""

import argparse
import gc
import glob
import json
import os
import tempfile
import time

import compat
import tensorflow as tf
from models import SUFFIX, build_model


def table(config):
    """{key: shape} of the variables in a checkpoint of the model."""
    model = build_model(config)
    with tempfile.TemporaryDirectory() as folder:
        path = tf.train.Checkpoint(model=model).write(os.path.join(folder, "ckpt"))
        variables = tf.train.list_variables(path)
    return {k[: -len(SUFFIX)]: list(s) for k, s in variables if k.startswith("model/")}


def shrink(config):
    """Reduce the image size if that changes no variable."""
    resizer = config.model.ssd.image_resizer
    if config.model.ssd.anchor_generator.WhichOneof("anchor_generator_oneof") == "multiscale_anchor_generator":
        resizer.Clear()
        resizer.fixed_shape_resizer.height = resizer.fixed_shape_resizer.width = 320


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--configs", required=True)
    p.add_argument("--out", required=True)
    a = p.parse_args()
    out, seconds = {}, {}
    for path in sorted(glob.glob(os.path.join(a.configs, "*.config"))):
        started, name = time.time(), os.path.basename(path)[: -len(".config")]
        config = compat.load_pipeline(path)
        shrink(config)
        out[name] = table(config)
        seconds[name] = round(time.time() - started, 1)
        tf.keras.backend.clear_session()
        gc.collect()
    compat.save_json(a.out, out)
    print(json.dumps({"variables": {k: len(v) for k, v in out.items()}, "seconds": seconds}))


if __name__ == "__main__":
    main()
