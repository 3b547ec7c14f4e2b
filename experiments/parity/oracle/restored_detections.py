"""Write the OD API's detections with the weights of a checkpoint, which must contain every variable of the model.

Usage: python restored_detections.py --config pipeline.config --checkpoint folder/ckpt-0 --images golden.npz
       --out detections.npz [--fine-tune detection full]

`--images` holds `image_uint8` [b, h, w, 3]. Writes `detection_*` and `num_detections` (classes 0-based),
`box_encodings`, `class_predictions_with_background`. With --fine-tune the checkpoint is then loaded as the training
loop loads a `fine_tune_checkpoint` of each type; `matched/TYPE` lists the keys of the restored variables, sorted.
"""

import argparse
import json
import os
import time

import compat
import numpy as np
import tensorflow as tf
from models import build_model, named_variables, restore


def detections(model, images):
    """Raw outputs and detections as arrays."""
    pre, shapes = model.preprocess(tf.cast(images, tf.float32))
    pred = model.predict(pre, shapes)
    out = {k: pred[k].numpy() for k in ("box_encodings", "class_predictions_with_background")}
    found = model.postprocess(pred, shapes)
    return out | {k: v.numpy() for k, v in found.items() if k.startswith(("detection", "num"))}


def fine_tune(model, prefix, kind):
    """Load as the training loop does; return the keys of the restored variables."""
    named = named_variables(model)
    for v in named.values():
        v.assign(tf.fill(v.shape, 1234.5))
    objects = model.restore_from_objects(fine_tune_checkpoint_type=kind)
    status = tf.train.Checkpoint(**objects).restore(prefix)
    status.assert_existing_objects_matched()
    return sorted(k for k, v in named.items() if not np.all(v.numpy() == np.float32(1234.5)))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--config", required=True)
    p.add_argument("--checkpoint", required=True)
    p.add_argument("--images", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--fine-tune", nargs="*", default=[], choices=("detection", "full", "classification"))
    a = p.parse_args()
    started = time.time()
    model = build_model(compat.load_pipeline(a.config))
    restore(model, a.checkpoint)
    with np.load(a.images) as arrays:
        out = detections(model, arrays["image_uint8"])
    for kind in a.fine_tune:
        out[f"matched/{kind}"] = np.array(fine_tune(model, a.checkpoint, kind))
    compat.save_arrays(a.out, out)
    print(
        json.dumps(
            {
                "checkpoint": os.path.basename(a.checkpoint),
                "num_detections": out["num_detections"].tolist(),
                "seconds": round(time.time() - started, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
