"""Draw each random geometric augmentation many times on one image: image position and remaining boxes.

Usage: python geometry_draws.py --out geometry_draws.npz [--draws 2000]

size [2]: height and width of the image; boxes [boxes, 4]. For every NAME: NAME/config: the option as proto text;
NAME/places [draws, 10] float32: the eight numbers of `geometry_options.placement_of`, then the number of remaining boxes
and the mean of all their coordinates (-1 without a box). jitter/MODE/config, jitter/MODE/boxes [draws, 4]: the box
`jitter/box` in each mode of random_jitter_boxes.

No seed is set: with a global seed TensorFlow gives operations at the same position of different branches the same seed,
so that numbers which should be independent are correlated (random_pad_image's frame and the offset in it).
"""

import argparse
import json
import time

T0 = time.time()
import compat  # noqa: E402
import numpy as np  # noqa: E402
from geometry_options import coordinate_image, option, placement_of  # noqa: E402

SIZE = (90, 140)
BOXES = [
    [0.05, 0.1, 0.3, 0.25],
    [0.2, 0.3, 0.8, 0.7],
    [0.6, 0.75, 0.95, 0.98],
    [0.7, 0.02, 0.8, 0.1],
    [0.45, 0.6, 0.5, 0.63],
]
BLACK = "pad_color: 0 pad_color: 0 pad_color: 0"
ONE = "min_object_covered: 0.2 min_aspect_ratio: 0.6 max_aspect_ratio: 1.5 min_area: 0.2 max_area: 0.7 overlap_thresh: 0.4 random_coef: 0.1"
FIXED = "min_object_covered: 0.2 min_area: 0.2 max_area: 0.5 overlap_thresh: 0.4 random_coef: 0.3"
RATIOS = "min_padded_size_ratio: 1 min_padded_size_ratio: 1 max_padded_size_ratio: 2 max_padded_size_ratio: 2"
OPTIONS = {
    "random_crop_image": "random_crop_image {}",
    "random_crop_to_aspect_ratio": "random_crop_to_aspect_ratio { aspect_ratio: 0.8 }",
    "ssd_random_crop": "ssd_random_crop {}",
    "ssd_random_crop_operations": f"ssd_random_crop {{ operations {{ {ONE} }} operations {{ {ONE} clip_boxes: false }} }}",
    "ssd_random_crop_fixed_aspect_ratio": "ssd_random_crop_fixed_aspect_ratio {}",
    "ssd_random_crop_fixed_aspect_ratio_operations": f"ssd_random_crop_fixed_aspect_ratio {{ aspect_ratio: 1.3 operations {{ {FIXED} }} }}",
    "ssd_random_crop_pad_operations": f"ssd_random_crop_pad {{ operations {{ {ONE} {RATIOS} }} }}",
    "ssd_random_crop_pad_fixed_aspect_ratio": "ssd_random_crop_pad_fixed_aspect_ratio {}",
    "ssd_random_crop_pad_fixed_aspect_ratio_operations": f"ssd_random_crop_pad_fixed_aspect_ratio {{ aspect_ratio: 0.7 {RATIOS} operations {{ {ONE} }} }}",
    "random_pad_image": f"random_pad_image {{ {BLACK} }}",
    "random_pad_image_sizes": f"random_pad_image {{ min_image_height: 100 min_image_width: 120 max_image_height: 130 max_image_width: 160 {BLACK} }}",
    "random_absolute_pad_image": f"random_absolute_pad_image {{ max_height_padding: 20 max_width_padding: 1 {BLACK} }}",
    "random_crop_pad_image": f"random_crop_pad_image {{ {BLACK} }}",
    "random_crop_pad_image_ratios": f"random_crop_pad_image {{ min_area: 0.3 random_coef: 0.2 {RATIOS.replace('1', '0.6').replace('2', '1.4')} {BLACK} }}",
    "random_square_crop_by_scale": "random_square_crop_by_scale {}",
    "random_square_crop_by_scale_few": "random_square_crop_by_scale { scale_min: 0.4 scale_max: 0.7 num_scales: 3 max_border: 10 }",
    "random_scale_crop_and_pad_to_square": "random_scale_crop_and_pad_to_square { output_size: 128 }",
    "random_image_scale": "random_image_scale {}",
    "random_downscale_to_target_pixels": "random_downscale_to_target_pixels { random_coef: 0.25 min_target_pixels: 5000 max_target_pixels: 16000 }",
    "random_self_concat_image": "random_self_concat_image { concat_vertical_probability: 0.3 concat_horizontal_probability: 0.6 }",
    "random_rotation90": "random_rotation90 {}",
    "random_vertical_flip": "random_vertical_flip { probability: 0.3 }",
}
MODES = (
    "DEFAULT",
    "EXPAND",
    "SHRINK",
    "EXPAND_SYMMETRIC",
    "SHRINK_SYMMETRIC",
    "EXPAND_SYMMETRIC_XY",
    "SHRINK_SYMMETRIC_XY",
)
JITTER_BOX = [0.3, 0.4, 0.7, 0.9]


def placements(text, draws):
    """Draws of one option on the coordinate image, [draws, 10]."""
    draw, rows = option(text, coordinate_image(*SIZE), BOXES), []
    for _ in range(draws):
        image, boxes, _ = draw()
        rows.append([*placement_of(image), len(boxes), boxes.mean() if len(boxes) else -1.0])
    return np.array(rows, np.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", required=True)
    parser.add_argument("--draws", type=int, default=2000)
    args = parser.parse_args()
    compat.quiet()
    arrays = {
        "size": np.array(SIZE),
        "boxes": np.array(BOXES, np.float32),
        "jitter/box": np.array(JITTER_BOX, np.float32),
    }
    for name, text in OPTIONS.items():
        arrays[f"{name}/config"] = text
        arrays[f"{name}/places"] = placements(text, args.draws)
        print(name, round(time.time() - T0), flush=True)
    for mode in MODES:
        text = f"random_jitter_boxes {{ ratio: 0.3 jitter_mode: {mode} }}"
        draw = option(text, coordinate_image(8, 8), [JITTER_BOX])
        arrays[f"jitter/{mode}/config"] = text
        arrays[f"jitter/{mode}/boxes"] = np.array([draw()[1][0] for _ in range(args.draws)], np.float32)
    compat.save_arrays(args.out, arrays)
    print(
        json.dumps(
            {"seconds": round(time.time() - T0), "options": len(OPTIONS) + len(MODES), "draws": args.draws}
        )
    )


if __name__ == "__main__":
    main()
