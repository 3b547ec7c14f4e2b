"""Write exact pixels and boxes of geometric augmentations that are deterministic or whose random values are stored.

Usage: python geometry_cases.py --out geometry_cases.npz [--seed 3]

image [24, 36, 3] uint8: a random channel, row + 1, column + 1; boxes [boxes, 4]. For every NAME: NAME/config: the option
as proto text; NAME/image float32 [height, width, 3], NAME/boxes, NAME/classes (from 1): its result; NAME/place: top and
left of the image in its frame, then row and column (from 0, with fractions) of its first visible pixel.
"""

import argparse
import json
import time

T0 = time.time()
import compat  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from geometry_options import option  # noqa: E402

SIZE = (24, 36)
BOXES = [
    [0.1, 0.2, 0.5, 0.6],
    [0.4, 0.4, 0.9, 0.95],
    [0.0, 0.0, 0.2, 0.1],
    [0.5, 0.5, 0.5, 0.7],
    [-0.1, 0.7, 0.3, 1.1],
]
KEEP = "min_object_covered: 0 min_aspect_ratio: 0.5 max_aspect_ratio: 2 min_area: 0.5 max_area: 1 overlap_thresh: 0 random_coef: 1"
FRAME = "min_image_height: 40 min_image_width: 50 max_image_height: 41 max_image_width: 51"
COLOUR = "pad_color: 10.5 pad_color: 20.5 pad_color: 30.5"
RATIOS = "{0}_padded_size_ratio: 1.5 {0}_padded_size_ratio: 1.25"
BOTH = f"{RATIOS.format('min')} {RATIOS.format('max')}"
CASES = {
    "mirrored": "random_horizontal_flip { probability: 1 }",
    "upside_down": "random_vertical_flip { probability: 1 }",
    "turned": "random_rotation90 { probability: 1 }",
    "smaller": "random_image_scale { min_scale_ratio: 0.7 max_scale_ratio: 0.7 }",
    "larger": "random_image_scale { min_scale_ratio: 1.6 max_scale_ratio: 1.6 }",
    "resized": "resize_image { new_height: 17 new_width: 50 }",
    "downscaled": "random_downscale_to_target_pixels { min_target_pixels: 300 max_target_pixels: 301 }",
    "small_enough": "random_downscale_to_target_pixels {}",
    "padded_mean": f"random_pad_image {{ {FRAME} }}",
    "padded_colour": f"random_pad_image {{ {FRAME} {COLOUR} }}",
    "padded_one_value": f"random_pad_image {{ {FRAME} pad_color: 7.5 }}",
    "padded_crop": f"random_crop_pad_image {{ {KEEP} {BOTH} }}",
    "padded_operation": f"ssd_random_crop_pad {{ operations {{ {KEEP} {BOTH} pad_color_r: 1.5 pad_color_b: 3.5 }} }}",
    "padded_to_wide": f"ssd_random_crop_pad_fixed_aspect_ratio {{ aspect_ratio: 1.7 {BOTH} operations {{ {KEEP} }} }}",
    "padded_to_square": f"ssd_random_crop_pad_fixed_aspect_ratio {{ {BOTH} operations {{ {KEEP} }} }}",
    "padded_to_high": f"ssd_random_crop_pad_fixed_aspect_ratio {{ aspect_ratio: 0.6 {BOTH} operations {{ {KEEP} }} }}",
    "cut_to_square": "random_crop_to_aspect_ratio { overlap_thresh: 0.45 }",
    "cut_to_wide": "random_crop_to_aspect_ratio { aspect_ratio: 1.7 overlap_thresh: 0.1 clip_boxes: false }",
    "cut_and_kept": f"ssd_random_crop_fixed_aspect_ratio {{ operations {{ {KEEP.replace('min_aspect_ratio: 0.5 max_aspect_ratio: 2', '')} }} }}",
    "square_large": "random_square_crop_by_scale { scale_min: 1.3 scale_max: 1.3 num_scales: 1 }",
    "square_small": "random_square_crop_by_scale { scale_min: 0.5 scale_max: 0.5 num_scales: 1 max_border: 10 }",
    "scaled_into_square": "random_scale_crop_and_pad_to_square { output_size: 30 scale_min: 0.77 scale_max: 0.77 }",
    "scaled_over_square": "random_scale_crop_and_pad_to_square { output_size: 30 scale_min: 1.7 scale_max: 1.7 }",
    "four_times": "random_self_concat_image { concat_vertical_probability: 1 concat_horizontal_probability: 1 }",
    "jitter_of_nothing": "random_jitter_boxes { ratio: 0 }",
}


def place(image, *, is_scaled):
    """Top and left of the image in its frame; row and column from 0 of its first visible pixel.

    Frames are black, or have a fractional colour if the image is not scaled.
    """
    seen = image[..., 1] > 0.75
    if not is_scaled:
        seen &= np.all(image == np.round(image), axis=-1)
    top, left = np.argwhere(seen)[0]
    return [top, left, *(image[top, left, 1:] - 1)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=3)
    args = parser.parse_args()
    compat.quiet()
    rows, columns = np.mgrid[1 : SIZE[0] + 1, 1 : SIZE[1] + 1]
    noise = np.random.default_rng(args.seed).integers(0, 256, SIZE)
    picture = np.stack([noise, rows, columns], -1).astype(np.uint8)
    arrays = {"image": picture, "boxes": np.array(BOXES, np.float32)}
    for name, text in CASES.items():
        tf.random.set_seed(args.seed)
        image, boxes, classes = option(text, picture, BOXES)()
        where = place(image, is_scaled=name.startswith("scaled"))
        arrays |= {f"{name}/config": text, f"{name}/image": image.astype(np.float32), f"{name}/place": where}
        arrays |= {f"{name}/boxes": boxes.astype(np.float32), f"{name}/classes": classes}
        print(name, image.shape, np.round(where, 2), classes, flush=True)
    compat.save_arrays(args.out, arrays)
    print(json.dumps({"seconds": round(time.time() - T0), "cases": len(CASES)}))


if __name__ == "__main__":
    main()
