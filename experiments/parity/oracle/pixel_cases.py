"""Write results of the options that change pixels or labels: fixed cases, and statistics over many draws.

Usage: python pixel_cases.py --out pixel_options.npz [--draws 500 --seed 7]

Writes `image` float32 `[48, 64, 3]` with integer values; for each case `fixed/NAME/config` (text), `fixed/NAME/draws`
(the scalars that the option drew, in order) and `fixed/NAME/image`; `labels/NAME/config`, `labels/NAME/given` and
`labels/NAME/classes`; for each option `random/NAME/config` and `random/NAME/STATISTIC` `[draws]`. Names that end in
`_resized` refer to the image resized to 72 x 112 afterwards.
"""

import argparse
import json
import time

T0 = time.time()
import compat  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from google.protobuf import text_format  # noqa: E402
from object_detection.builders import preprocessor_builder  # noqa: E402
from object_detection.core import preprocessor  # noqa: E402
from object_detection.protos import preprocessor_pb2  # noqa: E402
from tensorflow.python.ops import random_ops  # noqa: E402

SIZE = (48, 64)
RESIZED = (72, 112)
FIXED = {
    "brightness": "random_adjust_brightness { max_delta: 0.3 }",
    "contrast": "random_adjust_contrast {}",
    "saturation": "random_adjust_saturation {}",
    "hue": "random_adjust_hue { max_delta: 0.3 }",
    "distort_0": "random_distort_color {}",
    "distort_1": "random_distort_color { color_ordering: 1 }",
    "gray": "random_rgb_to_gray { probability: 1 }",
    "gamma": "adjust_gamma { gamma: 1.7 gain: 1.3 }",
    "normalize": "normalize_image { original_minval: 0 original_maxval: 255 target_minval: -1 target_maxval: 2 }",
    "pixel_value": "random_pixel_value_scale { minval: 1.3 maxval: 1.3 }",
    "black_patches": "random_black_patches { max_black_patches: 4 probability: 0.7 size_to_image_ratio: 0.23 }",
    "jpeg_10": "random_jpeg_quality { min_jpeg_quality: 10 max_jpeg_quality: 11 }",
    "jpeg_60": "random_jpeg_quality { min_jpeg_quality: 60 max_jpeg_quality: 61 }",
    "jpeg_90": "random_jpeg_quality { min_jpeg_quality: 90 max_jpeg_quality: 91 }",
    "patch": "random_patch_gaussian { min_patch_size: 12 max_patch_size: 30 min_gaussian_stddev: 0.5 }",
}
LABELS = {
    "remap": "remap_labels { original_labels: [1, 3] new_label: 2 }",
    "drop": "drop_label_probabilistically { label: 3 }",
    "drop_none": "drop_label_probabilistically { label: 3 drop_probability: 0 }",
}
GIVEN = [1, 2, 3, 4, 3, 1]
PATCH = (
    "random_patch_gaussian { random_coef: 0.2 min_patch_size: 6 max_patch_size: 40 max_gaussian_stddev: 0.5 }"
)
RANDOM = {
    "brightness": ("random_adjust_brightness {}", ("mean",)),
    "contrast": ("random_adjust_contrast {}", ("deviation",)),
    "saturation": ("random_adjust_saturation {}", ("colour",)),
    "hue": ("random_adjust_hue {}", ("red",)),
    "distort_0": ("random_distort_color {}", ("mean", "deviation", "colour", "red")),
    "distort_1": ("random_distort_color { color_ordering: 1 }", ("mean", "deviation", "colour", "red")),
    "gray": ("random_rgb_to_gray { probability: 0.3 }", ("colour",)),
    "pixel_value": ("random_pixel_value_scale {}", ("mean", "rough", "rough_resized")),
    "black_patches": ("random_black_patches {}", ("black", "mean_resized")),
    "jpeg": ("random_jpeg_quality { random_coef: 0.2 max_jpeg_quality: 90 }", ("change", "change_resized")),
    "patch": (PATCH, ("changed", "change", "change_resized", "rough_resized")),
}
RECORD = []


def record_draws():
    """Record every random scalar, under all names that TensorFlow has for the function."""
    for module in (random_ops, tf.random, tf.compat.v1, tf.compat.v1.random):
        for name in ("uniform", "random_uniform"):
            if hasattr(module, name):
                setattr(module, name, recorded(getattr(module, name)))


def recorded(function):
    def wrapper(*arguments, **options):
        drawn = function(*arguments, **options)
        if drawn.shape.rank == 0:
            RECORD.append(float(drawn))
        return drawn

    return wrapper


def picture(seed):
    """An image of soft colours with texture, edges and black, float32 with integer values."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]].astype(np.float64)
    waves = [np.sin(x / 9 + phase) * np.cos(y / 7 - phase) for phase in (0.0, 1.1, 2.3)]
    image = 120 + 60 * np.stack(waves, -1) + rng.normal(0, 9, (*SIZE, 3))
    image[10:25, 30:50] += [70, -30, -60]
    image[34:44, 6:20] = [20, 160, 90]
    return np.clip(np.round(image), 1, 255).astype(np.float32)


def applied(text, image, classes):
    step = preprocessor_builder.build(text_format.Parse(text, preprocessor_pb2.PreprocessingStep()))
    boxes = tf.tile(tf.constant([[0.1, 0.1, 0.5, 0.5]]), (len(classes), 1))
    tensors = {
        "image": tf.constant(image)[None],
        "groundtruth_boxes": boxes,
        "groundtruth_classes": tf.constant(classes, tf.float32),
        "groundtruth_weights": tf.ones(len(classes)),
    }
    keys = preprocessor.get_default_func_arg_map(include_label_weights=True)
    out = preprocessor.preprocess(tensors, [step], func_arg_map=keys)
    return out["image"][0].numpy(), out["groundtruth_classes"].numpy()


def resized(image):
    return tf.raw_ops.ResizeBilinear(images=image[None], size=RESIZED, half_pixel_centers=False)[0].numpy()


def statistic(name, before, after):
    """A statistic of an image before and after an option; `rough`: mean difference between the changes of neighbours."""
    if name.endswith("_resized"):
        return statistic(name.removesuffix("_resized"), resized(before), resized(after))
    change = after - before
    numbers = {
        "mean": after.mean(),
        "deviation": after.std(),
        "colour": (after.max(-1) - after.min(-1)).mean(),
        "red": (after[..., 0] - after[..., 2]).mean(),
        "rough": np.abs(np.diff(change, axis=1)).mean(),
        "black": (after.max(-1) == 0).mean(),
        "change": np.abs(change).mean(),
        "changed": (np.abs(change).max(-1) > 1e-3).mean(),
    }
    return numbers[name]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    compat.quiet()
    record_draws()
    tf.random.set_seed(arguments.seed)
    image = picture(arguments.seed)
    arrays = {"image": image}
    for name, text in FIXED.items():
        RECORD.clear()
        after, _ = applied(text, image, GIVEN)
        arrays |= {f"fixed/{name}/config": text, f"fixed/{name}/image": after}
        arrays[f"fixed/{name}/draws"] = np.array(RECORD, np.float32)
    for name, text in LABELS.items():
        _, classes = applied(text, image, GIVEN)
        arrays |= {f"labels/{name}/config": text, f"labels/{name}/classes": classes.astype(np.int32)}
        arrays[f"labels/{name}/given"] = np.array(GIVEN, np.int32)
    for name, (text, statistics) in RANDOM.items():
        images = [applied(text, image, GIVEN)[0] for _ in range(arguments.draws)]
        arrays[f"random/{name}/config"] = text
        for what in statistics:
            values = [statistic(what, image, after) for after in images]
            arrays[f"random/{name}/{what}"] = np.array(values, np.float32)
    compat.save_arrays(arguments.out, arrays)
    print(json.dumps({"seconds": round(time.time() - T0, 1), "fixed": len(FIXED), "random": len(RANDOM)}))


if __name__ == "__main__":
    main()
