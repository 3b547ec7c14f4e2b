"""Export models with the OD API and write their outputs.

Usage: python exports.py --golden folder --pictures folder --out folder [--config other.config]
       [--types image_tensor float_image_tensor encoded_image_string_tensor tf_example]

`--golden` holds pipeline.config and ckpt-0. Writes outputs.npz: `TYPE/PICTURE/OUTPUT` for every image file (PNG or
JPEG) in --pictures, sorted by name; `float_image_tensor` is also called with a batch of the first two images of equal
size (`float_image_tensor/batch/OUTPUT`). Also writes signatures.json: dtypes and shapes of the inputs and outputs of
each `TYPE`.
"""

import argparse
import json
import os
import tempfile
import time

import compat
import numpy as np
import tensorflow as tf
from object_detection import exporter_lib_v2

TYPES = ("image_tensor", "float_image_tensor", "encoded_image_string_tensor", "tf_example")


def describe(spec):
    """Dtype and shape of a signature entry."""
    return {"dtype": spec.dtype.name, "shape": spec.shape.as_list() if spec.shape.rank is not None else None}


def example(encoded):
    """A serialised tf.train.Example that contains only the image."""
    value = tf.train.Feature(bytes_list=tf.train.BytesList(value=[encoded]))
    return tf.train.Example(features=tf.train.Features(feature={"image/encoded": value})).SerializeToString()


def arguments(kind, encoded):
    """The input tensor of one image for an input type."""
    if kind == "tf_example":
        return tf.constant([example(encoded)])
    if kind == "encoded_image_string_tensor":
        return tf.constant([encoded])
    pixels = tf.io.decode_image(encoded, channels=3, expand_animations=False)[None]
    return tf.cast(pixels, tf.float32) if kind == "float_image_tensor" else pixels


def checkpoint_folder(golden, folder):
    """A folder with the `checkpoint` file that the exporter requires."""
    for name in sorted(os.listdir(golden)):
        if name.startswith("ckpt-0."):
            os.symlink(os.path.abspath(os.path.join(golden, name)), os.path.join(folder, name))
    with open(os.path.join(folder, "checkpoint"), "w") as f:
        f.write('model_checkpoint_path: "ckpt-0"\nall_model_checkpoint_paths: "ckpt-0"\n')
    return folder


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--golden", required=True)
    p.add_argument("--pictures", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--config")
    p.add_argument("--types", nargs="+", default=list(TYPES), choices=TYPES)
    a = p.parse_args()
    compat.quiet()
    pictures = {}
    for name in sorted(os.listdir(a.pictures)):
        with open(os.path.join(a.pictures, name), "rb") as f:
            pictures[name] = f.read()
    outputs, signatures, seconds = {}, {}, {}
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = checkpoint_folder(a.golden, tempfile.mkdtemp(dir=folder))
        for kind in a.types:
            started, target = time.time(), os.path.join(folder, kind)
            config = compat.load_pipeline(a.config or os.path.join(a.golden, "pipeline.config"))
            exporter_lib_v2.export_inference_graph(kind, config, checkpoint, target)
            loaded = tf.saved_model.load(os.path.join(target, "saved_model"))
            function = loaded.signatures["serving_default"]
            signatures[kind] = {
                "inputs": {k: describe(v) for k, v in function.structured_input_signature[1].items()},
                "outputs": {k: describe(v) for k, v in function.structured_outputs.items()},
            }
            calls = {name: arguments(kind, encoded) for name, encoded in pictures.items()}
            if kind == "float_image_tensor":
                first = [t for t in calls.values() if t.shape == next(iter(calls.values())).shape][:2]
                calls["batch"] = tf.concat(first, 0)
            for name, tensor in calls.items():
                for key, value in function(input_tensor=tensor).items():
                    outputs[f"{kind}/{name}/{key}"] = value.numpy()
            seconds[kind] = round(time.time() - started, 1)
    compat.save_arrays(os.path.join(a.out, "outputs.npz"), {k: np.asarray(v) for k, v in outputs.items()})
    compat.save_json(os.path.join(a.out, "signatures.json"), signatures)
    print(json.dumps({"seconds": seconds, "outputs": len(outputs)}))


if __name__ == "__main__":
    main()
