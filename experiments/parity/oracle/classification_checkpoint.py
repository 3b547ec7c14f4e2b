"""Write a checkpoint of the backbone only, in the format that `fine_tune_checkpoint_type: "classification"` reads.

Usage: python classification_checkpoint.py --golden folder --out folder

`--golden` holds pipeline.config and ckpt-0. Writes ckpt-0 whose object graph has the backbone as `feature_extractor`.
"""

import argparse
import json
import os

import compat
import tensorflow as tf
from models import build_model, restore


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--golden", required=True)
    p.add_argument("--out", required=True)
    a = p.parse_args()
    model = build_model(compat.load_pipeline(os.path.join(a.golden, "pipeline.config")))
    restore(model, os.path.join(a.golden, "ckpt-0"))
    backbone = model._feature_extractor.classification_backbone
    prefix = tf.train.Checkpoint(feature_extractor=backbone).write(os.path.join(a.out, "ckpt-0"))
    print(json.dumps({"checkpoint": os.path.basename(prefix), "variables": len(backbone.variables)}))


if __name__ == "__main__":
    main()
