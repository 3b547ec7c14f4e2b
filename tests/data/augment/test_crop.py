"""Compare `random_crop_image` with TensorFlow's sampler, the Object Detection API's statistics, and by hand.

Power: two samples of 2000 windows differ in distribution by at most 0.0705 (Kolmogorov-Smirnov, level 1e-4);
a sampler with a larger error in any quantile fails. The reference means come from 500 draws; 5 standard errors
are a fifth of a standard deviation, so a shift of a third of a standard deviation is almost always detected.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from keras import ops
from numpy.typing import NDArray

from sweepbox.detection.data.augment.crop import ATTEMPTS, COLUMNS, random_crop
from sweepbox.detection.data.augment.view import View, whole_images

STATISTICS = json.loads((Path(__file__).parents[2] / "golden" / "augmentation_stats.json").read_text())
DRAWS = 2000
PROJECT = {
    "min_object_covered": 0.0,
    "min_aspect_ratio": 0.75,
    "max_aspect_ratio": 3.0,
    "min_area": 0.75,
    "max_area": 1.0,
    "overlap_thresh": 0.0,
    "random_coef": 0.0,
}
DEFAULTS = PROJECT | {
    "min_object_covered": 1.0,
    "max_aspect_ratio": 1.33,
    "min_area": 0.1,
    "overlap_thresh": 0.3,
}
BOXES = [
    [0.34, 0.03, 0.43, 0.07],
    [0.23, 0.11, 0.31, 0.15],
    [0.25, 0.92, 0.4, 0.975],
    [0.3, 0.475, 0.37, 0.515],
]


def crop(
    size: tuple[int, int],
    boxes: object,
    noise: NDArray[np.float32],
    values: dict[str, float],
    *,
    clip: bool = True,
) -> View:
    """Return the view of one image, cropped once for each row of the noise."""
    rows = len(noise)
    tiled = np.tile(np.array(boxes, np.float32).reshape(1, -1, 4), (rows, 1, 1))
    view = whole_images(
        ops.convert_to_tensor(np.tile(np.array([size], np.int32), (rows, 1))), ops.convert_to_tensor(tiled)
    )
    scalars = {name: ops.convert_to_tensor(value, "float32") for name, value in values.items()}
    return random_crop(view, ops.convert_to_tensor(noise), scalars, clip_boxes=clip)


def draws(seed: int, count: int = DRAWS) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((count, COLUMNS), np.float32)


def windows(view: View) -> NDArray[np.int32]:
    return np.stack(
        [ops.convert_to_numpy(side) for side in (view.rows.start, view.columns.start, view.height, view.width)],
        axis=1,
    )


def tensorflow_windows(size: tuple[int, int], boxes: object, values: dict[str, float]) -> NDArray[np.int32]:
    """Draw windows `[DRAWS, 4]` with TensorFlow's own operation."""
    import tensorflow as tf

    box_tensor = tf.constant(np.array(boxes, np.float32).reshape(1, -1, 4))

    def draw(step: object) -> object:
        begin, extent, _ = tf.image.stateless_sample_distorted_bounding_box(
            tf.constant([*size, 3]),
            box_tensor,
            seed=tf.stack([step, 7]),
            min_object_covered=values["min_object_covered"],
            aspect_ratio_range=(values["min_aspect_ratio"], values["max_aspect_ratio"]),
            area_range=(values["min_area"], values["max_area"]),
            max_attempts=ATTEMPTS,
            use_image_if_no_bounding_boxes=True,
        )
        return tf.concat([begin[:2], extent[:2]], 0)

    return tf.function(lambda: tf.map_fn(draw, tf.range(DRAWS)))().numpy()


def largest_difference(first: NDArray[np.int32], second: NDArray[np.int32]) -> float:
    """Return the Kolmogorov-Smirnov statistic of two samples."""
    points = np.unique(np.concatenate([first, second]))
    shares = [np.searchsorted(np.sort(sample), points, "right") / len(sample) for sample in (first, second)]
    return float(np.abs(shares[0] - shares[1]).max())


@pytest.mark.parametrize(
    ("size", "boxes", "values"),
    [
        ((245, 400), BOXES, PROJECT),
        ((245, 400), BOXES, DEFAULTS),
        (
            (30, 20),
            BOXES,
            DEFAULTS | {"min_object_covered": 0.5, "min_aspect_ratio": 0.5, "max_aspect_ratio": 2.0},
        ),
        ((24, 24), [[0.5, 0.5, 0.51, 0.51]], PROJECT),  # an object of less than a pixel is ignored
        ((24, 24), [[0, 0, 1, 1]], DEFAULTS | {"min_area": 0.9}),  # only the whole image contains all of it
        ((10, 10), np.zeros((0, 4)), PROJECT | {"min_area": 0.1, "max_aspect_ratio": 1.2}),
    ],
)
def test_windows_are_distributed_as_tensorflow_draws_them(
    size: tuple[int, int], boxes: object, values: dict[str, float]
) -> None:
    ours = windows(crop(size, boxes, draws(1), values))
    theirs = tensorflow_windows(size, boxes, values)
    critical = 2.23 * np.sqrt(2 / DRAWS)
    for side in range(4):
        assert largest_difference(ours[:, side], theirs[:, side]) < critical
    assert largest_difference(ours[:, 2] * ours[:, 3], theirs[:, 2] * theirs[:, 3]) < critical


@pytest.mark.parametrize(
    ("name", "values"), [("random_crop_image_project", PROJECT), ("random_crop_image_default", DEFAULTS)]
)
def test_statistics_equal_the_od_api(name: str, values: dict[str, float]) -> None:
    image, reference = STATISTICS["image"], STATISTICS["options"][name]
    height, width = image["height"], image["width"]
    view = crop((height, width), image["boxes"], draws(2, 3000), values)
    window = windows(view)
    present = ops.convert_to_numpy(view.present)
    boxes = ops.convert_to_numpy(view.boxes_yxyx)
    areas = np.prod(boxes[..., 2:] - boxes[..., :2], axis=-1)
    some = present.any(axis=1)
    measured = {
        "relative_area": window[:, 2] * window[:, 3] / (height * width),
        "aspect": window[:, 3] / window[:, 2],
        "fraction_boxes_kept": present.mean(axis=1),
        "mean_box_area": (areas * present).sum(axis=1)[some] / present.sum(axis=1)[some],
    }
    for key, values_drawn in measured.items():
        expected = reference[key]
        assert abs(values_drawn.mean() - expected["mean"]) < 5 * expected["std"] / np.sqrt(
            STATISTICS["draws"]
        ), key
        assert values_drawn.std() == pytest.approx(expected["std"], rel=0.2), key
    for key in ("relative_area", "aspect"):
        ranks = [(measured[key] <= decile).mean() for decile in reference[key]["deciles"]]
        np.testing.assert_allclose(ranks, np.arange(1, 10) / 10, atol=0.1, err_msg=key)  # 500 draws: 4.4 errors


def placement_noise(top: float, left: float, *, kept: float = 0.9) -> NDArray[np.float32]:
    """Return noise whose first attempt places the window at these fractions of the free space."""
    noise = np.full((1, COLUMNS), 0.5, np.float32)
    attempts = noise[:, 1:].reshape(1, 4, ATTEMPTS)
    noise[:, 0], attempts[:, 2], attempts[:, 3] = kept, top, left
    return noise


HALF = PROJECT | {"min_aspect_ratio": 1.0, "max_aspect_ratio": 1.0, "min_area": 0.25, "max_area": 0.25}
"""Options that always give windows of half the side of a square image."""


def test_objects_are_moved_into_the_window_and_outside_objects_dropped() -> None:
    boxes = [
        [0.25, 0.5, 0.5, 0.75],  # inside
        [0.0, 0.5, 0.5, 0.75],  # lower half inside
        [0.0, 0.5, 0.26, 0.75],  # 1/26 of it inside
        [0.0, 0.5, 0.25, 0.75],  # touches the window
        [0.8, 0.8, 0.9, 0.9],  # outside
        [0.3, 0.6, 0.3, 0.7],  # zero area
        [0.0, 0.0, 0.0, 0.0],  # padding
    ]
    noise = placement_noise(0.5, 1.0 - 2**-24)  # top 25, left 49: the last possible position
    for threshold, kept in [
        (0.0, [True, True, True, False, False, False, False]),
        (0.3, [True, True, False, False, False, False, False]),
        (0.5, [True, True, False, False, False, False, False]),
        (0.51, [True, False, False, False, False, False, False]),
        (1.0, [True, False, False, False, False, False, False]),
    ]:
        view = crop((100, 100), boxes, noise, HALF | {"overlap_thresh": threshold})
        assert windows(view).tolist() == [[25, 49, 50, 50]]
        assert ops.convert_to_numpy(view.present)[0].tolist() == kept
    moved = ops.convert_to_numpy(view.boxes_yxyx)[0]
    np.testing.assert_allclose(moved[0], [0.0, 0.02, 0.5, 0.52], atol=1e-6)
    np.testing.assert_allclose(moved[1], [0.0, 0.02, 0.5, 0.52], atol=1e-6)
    unclipped = crop((100, 100), boxes, noise, HALF, clip=False)
    np.testing.assert_allclose(
        ops.convert_to_numpy(unclipped.boxes_yxyx)[0, 1], [-0.5, 0.02, 0.5, 0.52], atol=1e-6
    )


def test_original_image_is_kept_with_the_given_probability() -> None:
    boxes = [[-0.1, 0.2, 0.5, 0.6]]
    view = crop((100, 100), boxes, placement_noise(0.5, 0.5, kept=0.29), HALF | {"random_coef": 0.3})
    assert windows(view).tolist() == [[0, 0, 100, 100]]
    np.testing.assert_array_equal(
        ops.convert_to_numpy(view.boxes_yxyx)[0], np.array(boxes, np.float32)
    )  # not clipped
    view = crop((100, 100), boxes, placement_noise(0.5, 0.5, kept=0.31), HALF | {"random_coef": 0.3})
    assert windows(view).tolist() == [[25, 25, 50, 50]]


def test_whole_image_is_kept_if_no_window_fits() -> None:
    impossible = PROJECT | {"min_aspect_ratio": 3.0, "min_area": 0.9}  # three times as wide as high on a square
    view = crop((50, 50), BOXES, draws(3, 20), impossible)
    assert np.unique(windows(view), axis=0).tolist() == [[0, 0, 50, 50]]
    assert ops.convert_to_numpy(view.present).all()


def test_crop_after_mirroring_uses_mirrored_coordinates() -> None:
    always = ops.convert_to_tensor([True])
    start = whole_images(
        ops.convert_to_tensor([[100, 100]]), ops.convert_to_tensor(np.zeros((1, 1, 4), np.float32))
    )
    scalars = {name: ops.convert_to_tensor(value, "float32") for name, value in HALF.items()}
    mirrored = start.mirror_x(always)
    view = random_crop(mirrored, ops.convert_to_tensor(placement_noise(0.2, 0.1)), scalars, clip_boxes=True)
    assert windows(view).tolist() == [[10, 45, 50, 50]]  # left 5 of the mirror image: 100 - 5 - 50
    again = random_crop(view, ops.convert_to_tensor(placement_noise(0.0, 0.2)), scalars, clip_boxes=True)
    assert windows(again).tolist() == [[10, 65, 25, 25]]  # left 5 of that window, mirrored: 45 + 50 - 5 - 25
