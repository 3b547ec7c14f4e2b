"""Write the golden files of a whole model: a checkpoint with seeded weights, inputs, and the OD API's results.

Usage: python model_golden.py --config small.config --records test.record --out folder [--seed 1] [--images 3 7]
       [--checkpoint folder/ckpt-0]

Writes into --out: pipeline.config, ckpt-0.* (object graph `model`, plus `save_counter`, as the OD API's exporter
saves it) and golden.npz: `image_uint8`, `preprocessed`, `true_image_shapes`, `gt_*`, `anchors`; in inference mode
`infer/*` (raw outputs; per-channel statistics of backbone and FPN maps if there is an FPN), `infer_loss/*`,
`post/*` (detections, classes 0-based); in training mode `train/*`, `train_loss/*`, `grad/*` (norm and sum of the
total loss' gradient by variable), `moving_after_one_forward/*`. `--config` determines the image size.
trajectory.py writes the trajectories of consecutive steps.
"""

import argparse
import json
import os
import time

import compat
import numpy as np
import tensorflow as tf
from models import (
    SUFFIX,
    build_model,
    forward,
    input_size,
    named_variables,
    padded_groundtruth,
    phase,
    randomise,
    read_images,
    restore,
    synthetic_images,
)

RAW = ("box_encodings", "class_predictions_with_background")


def save_checkpoint(model, folder):
    """Write ckpt-0 without the `checkpoint` file, which would contain absolute paths; return the prefix."""
    manager = tf.train.CheckpointManager(tf.train.Checkpoint(model=model), folder, max_to_keep=1)
    prefix = manager.save(checkpoint_number=0)
    os.remove(os.path.join(folder, "checkpoint"))
    keys = {k[: -len(SUFFIX)] for k, _ in tf.train.list_variables(prefix) if k.startswith("model/")}
    named = set(named_variables(model))
    assert keys == named, sorted(keys ^ named)[:5]
    return prefix


def inference(model, pre, shapes, gt):
    """Outputs, feature maps and losses in inference mode."""
    phase(model, False)
    pred, losses = forward(model, pre, shapes, gt)
    g = {"anchors": pred["anchors"].numpy()}
    g |= {"infer/" + k: pred[k].numpy() for k in RAW}
    maps = [("fpn", pred["feature_maps"])]
    if hasattr(model._feature_extractor, "_fpn_features_generator"):
        maps.append(("backbone", model._feature_extractor.classification_backbone(pre)))
    for kind, tensors in maps:
        for i, m in enumerate(tensors):
            g[f"infer/{kind}_{i}_shape"] = np.array(m.shape)
            g[f"infer/{kind}_{i}_channel_mean"] = m.numpy().mean((0, 1, 2))
            g[f"infer/{kind}_{i}_channel_std"] = m.numpy().std((0, 1, 2))
            g[f"infer/{kind}_{i}_corner"] = m.numpy()[:, :2, :2, :8]
    g |= {"infer_loss/" + k.split("/")[-1]: v.numpy() for k, v in losses.items()}
    for k, v in model.postprocess(pred, shapes).items():
        if k.startswith(("detection", "num")):
            g["post/" + k] = v.numpy()
    return g


def training(model, pre, shapes, gt):
    """Outputs, losses, gradients and updated statistics of one forward pass in training mode."""
    named = named_variables(model)
    phase(model, True)
    with tf.GradientTape() as tape:
        pred, losses = forward(model, pre, shapes, gt)
    train_vars = model.trainable_variables
    grads = tape.gradient(losses["Loss/total_loss"], train_vars)
    g = {"train_loss/" + k.split("/")[-1]: v.numpy() for k, v in losses.items()}
    g |= {"train/" + k: pred[k].numpy() for k in RAW}
    by_id = {id(v): k for k, v in named.items()}
    order = sorted(range(len(train_vars)), key=lambda i: by_id[id(train_vars[i])])
    g["grad/keys"] = np.array([by_id[id(train_vars[i])] for i in order])
    g["grad/norm"] = np.array([tf.norm(grads[i]).numpy() for i in order], "f4")
    g["grad/sum"] = np.array([tf.reduce_sum(grads[i]).numpy() for i in order], "f4")
    moving = sorted(k for k in named if "moving_" in k)
    g["moving_after_one_forward/keys"] = np.array(moving)
    g["moving_after_one_forward/mean"] = np.array([named[k].numpy().mean() for k in moving], "f4")
    g["moving_after_one_forward/first"] = np.array([named[k].numpy().ravel()[0] for k in moving], "f4")
    return g


def main():
    """Write one golden model."""
    p = argparse.ArgumentParser()
    p.add_argument("--config", required=True)
    p.add_argument("--records", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument(
        "--images", type=int, nargs=2, default=[3, 7], help="records whose boxes are the ground truth"
    )
    p.add_argument("--max-boxes", type=int, default=12)
    p.add_argument("--checkpoint", help="use these weights and the records' images instead of random ones")
    a = p.parse_args()
    started = time.time()
    rng = np.random.RandomState(a.seed)
    cfg = compat.load_pipeline(a.config)
    os.makedirs(a.out, exist_ok=True)
    compat.save_pipeline(cfg, os.path.join(a.out, "pipeline.config"))
    height, width = input_size(cfg)
    raw = synthetic_images(rng, 2, height + 14, width - 22)
    if a.checkpoint:
        raw = np.stack(read_images(a.records, a.images))
    model = build_model(cfg)
    pre, shapes = model.preprocess(tf.cast(raw, tf.float32))
    gt = padded_groundtruth(a.records, a.images, cfg.model.ssd.num_classes, a.max_boxes)
    if a.checkpoint:
        restore(model, a.checkpoint)
    else:
        randomise(model, pre, shapes, rng)
    prefix = save_checkpoint(model, a.out)
    g = {
        "image_uint8": raw,
        "preprocessed": pre.numpy(),
        "true_image_shapes": shapes.numpy(),
        "gt_boxes": gt["boxes"],
        "gt_classes_onehot": gt["classes"],
        "gt_weights": gt["weights"],
    }
    g |= inference(model, pre, shapes, gt)
    g |= training(model, pre, shapes, gt)
    compat.save_arrays(os.path.join(a.out, "golden.npz"), g)
    print(
        json.dumps(
            {
                "prefix": os.path.basename(prefix),
                "variables": len(named_variables(model)),
                "seconds": round(time.time() - started, 1),
                "num_detections": g["post/num_detections"].tolist(),
                "losses": {k: float(v) for k, v in g.items() if "_loss/" in k},
            }
        )
    )


if __name__ == "__main__":
    main()
