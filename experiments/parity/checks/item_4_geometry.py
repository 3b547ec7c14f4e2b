"""Compare geometric augmentation: deterministic cases, resizers, and distributions of random options."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from google.protobuf import text_format
from keras import ops

from experiments.parity.context import GOLDEN, Context
from experiments.parity.finding import Finding, largest_absolute
from experiments.parity.geometry_cases import NOISE, expected_objects, objects, preprocessed
from experiments.parity.geometry_draws import critical, distance, jitter_distance, placements, sampled_views
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.data.augment import build_preprocessor

PIXEL_TOLERANCE = 1e-3
GREY_LEVELS = "grey levels of 255"
STATISTIC = "Kolmogorov-Smirnov distance"
BOX_TOLERANCE = 1e-5
DRAWS = "1500"


def submit_runs(context: Context) -> None:
    """Queue the oracle's scripts."""
    context.submit("geometry_cases.py")
    context.submit("geometry_draws.py", "--draws", DRAWS)


def check(context: Context) -> Iterator[Finding]:
    """Compare the cases, the resizers and the distributions."""
    yield from _cases(context.oracle("geometry_cases.py") / "out.npz")
    yield from _resizers(GOLDEN / "preprocess.npz")
    yield from _draws(context.oracle("geometry_draws.py", "--draws", DRAWS) / "out.npz")


def _cases(path: Path) -> Iterator[Finding]:
    """Compare pixels and objects of deterministic options."""
    with np.load(path) as arrays:
        pixels, boxes, same = [], [], True
        for name in NOISE:
            result = preprocessed(arrays, name)
            found, expected = objects(result), expected_objects(arrays, name)
            same &= found[:, 0].tolist() == expected[:, 0].tolist()
            pixels.append(largest_absolute(result.images, arrays[f"{name}/image"]))
            boxes.append(largest_absolute(found, expected))
    note = f"{len(NOISE)} cases: mirrored, rotated, scaled, cropped, padded, repeated"
    yield Finding(4, "geometric options: pixels", float(np.max(pixels)), PIXEL_TOLERANCE, GREY_LEVELS, note)
    yield Finding(
        4, "geometric options: boxes", float(np.max(boxes)), BOX_TOLERANCE, "fraction of the image", note
    )
    yield Finding.exact(item=4, name="geometric options: which objects are kept", equal=same, note=note)


def _resizers(path: Path) -> Iterator[Finding]:
    """Compare the supported resizers and every resize method."""
    with np.load(path) as golden:
        image = golden["image"]
        for index in (0, 1, 2, 3, 4, 7, 8):
            text = str(golden["resizers"][index])
            result = build_preprocessor(text_format.Parse(text, pb.ImageResizer()), ())(
                image,
                np.array([image.shape[1:3]], np.int32),
                np.zeros((1, 0, 4), np.float32),
                np.zeros((1, 0), np.int32),
                np.zeros((1, 0), np.float32),
                np.zeros((1, 0), np.float32),
                normalise=lambda images: images,
            )
            difference = largest_absolute(ops.convert_to_numpy(result.images)[0], golden[f"resized_{index}"])
            yield Finding(4, f"resizer: {text}", difference, PIXEL_TOLERANCE, GREY_LEVELS)


def _draws(path: Path) -> Iterator[Finding]:
    """Compare distributions by the largest Kolmogorov-Smirnov distance of ten numbers of each draw."""
    with np.load(path) as arrays:
        size, limit = arrays["size"], critical(int(DRAWS))
        for key in sorted(arrays):
            name, _, rest = key.partition("/")
            if rest == "places":
                view = sampled_views(str(arrays[f"{name}/config"]), size, arrays["boxes"], seed=len(name))
                pairs = zip(placements(view, size).T, arrays[key].T, strict=True)
                difference = max(distance(ours, theirs) for ours, theirs in pairs)
                yield Finding(
                    4, f"{name}: distribution", difference, limit, STATISTIC, f"{DRAWS} draws, ten numbers each"
                )
            elif name == "jitter" and rest.endswith("/boxes"):
                config = str(arrays[key.replace("boxes", "config")])
                view = sampled_views(config, size, arrays["jitter/box"][None], seed=7)
                ours = ops.convert_to_numpy(view.boxes_yxyx)[:, 0]
                name = f"random_jitter_boxes, {rest.removesuffix('/boxes')}: distribution"
                yield Finding(4, name, jitter_distance(ours, arrays[key]), limit, STATISTIC)
