"""Write the anchors of `ssd_anchor_generator` for several settings, image sizes and map shapes.

Usage: python ssd_anchors.py --out ssd_anchors.npz

Writes for each case n: `n/config` (the message's text), `n/image_size`, `n/feature_shapes` `[maps, 2]` and
`n/boxes` `[anchors, 4]`, normalised; all maps, from fine to coarse.
"""

import argparse
import json
import time

T0 = time.time()
import compat  # noqa: E402
import numpy as np  # noqa: E402
from google.protobuf import text_format  # noqa: E402
from object_detection.builders import anchor_generator_builder  # noqa: E402
from object_detection.protos import anchor_generator_pb2  # noqa: E402

RATIOS = "aspect_ratios: [1.0, 2.0, 0.5]"
SQUARE = [(19, 19), (10, 10), (5, 5), (3, 3), (2, 2), (1, 1)]
WIDE = [(13, 19), (7, 10), (4, 5), (2, 3), (1, 2), (1, 1)]
STRIDES = "height_stride: [16, 32] width_stride: [16, 32]"
CASES = [
    (f"{RATIOS} aspect_ratios: [3.0, 0.3333]", SQUARE, (300, 300)),
    (RATIOS, WIDE, (200, 300)),
    (f"{RATIOS} reduce_boxes_in_lowest_layer: false interpolated_scale_aspect_ratio: 0.0", WIDE, (200, 300)),
    (
        f"{RATIOS} base_anchor_height: 0.5 base_anchor_width: 2 interpolated_scale_aspect_ratio: 2",
        WIDE,
        (200, 300),
    ),
    (f"{RATIOS} num_layers: 3 scales: [0.1, 0.3, 0.7]", WIDE[:3], (300, 200)),
    (f"{RATIOS} num_layers: 2 {STRIDES}", WIDE[:2], (200, 300)),
    (f"{RATIOS} num_layers: 2 {STRIDES} height_offset: [3, 5] width_offset: [7, 9]", WIDE[:2], (200, 300)),
    (f"{RATIOS} num_layers: 2 height_offset: [3, 5] width_offset: [7, 9]", WIDE[:2], (200, 300)),
    (f"{RATIOS} num_layers: 2 {STRIDES} height_offset: [3, 5]", WIDE[:2], (200, 300)),
    ("num_layers: 4 min_scale: 0.3 max_scale: 0.6", WIDE[:4], (200, 300)),
]


def boxes(text, shapes, size):
    """Return the anchors of all maps of one case."""
    message = text_format.Parse(f"ssd_anchor_generator {{ {text} }}", anchor_generator_pb2.AnchorGenerator())
    generator = anchor_generator_builder.build(message)
    return np.concatenate(
        [m.get().numpy() for m in generator.generate(shapes, im_height=size[0], im_width=size[1])]
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    out = parser.parse_args().out
    compat.quiet()
    arrays = {}
    for number, (text, shapes, size) in enumerate(CASES):
        arrays[f"{number}/config"] = text
        arrays[f"{number}/image_size"] = np.array(size)
        arrays[f"{number}/feature_shapes"] = np.array(shapes)
        arrays[f"{number}/boxes"] = boxes(text, shapes, size)
    compat.save_arrays(out, arrays)
    print(json.dumps({"cases": len(CASES), "seconds": round(time.time() - T0, 1)}))


if __name__ == "__main__":
    main()
