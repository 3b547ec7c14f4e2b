"""Mosaic and mix-up of images of one colour each, so that the source of every pixel is known."""

from collections.abc import Sequence

import numpy as np
import pytest
from google.protobuf import text_format
from keras import ops
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.data.augment import Preprocessed, build_preprocessor
from sweepbox.detection.data.augment.objects import Objects, partners, rows_for

BATCH = 4
FIXED = "fixed_shape_resizer { height: 40 width: 60 }"
PADDED = "keep_aspect_ratio_resizer { min_dimension: 40 max_dimension: 60 pad_to_max_dimension: true }"
COLOURS = np.array([50, 100, 150, 200], np.uint8)
BOX = [0.25, 0.25, 0.75, 0.75]


def apply(
    options: Sequence[str],
    *,
    resizer: str = FIXED,
    sizes: Sequence[tuple[int, int]] = ((40, 60),) * BATCH,
    seed: int = 0,
) -> Preprocessed:
    steps = [text_format.Parse(option, pb.PreprocessingStep()) for option in options]
    preprocessor = build_preprocessor(text_format.Parse(resizer, pb.ImageResizer()), steps)
    noise = np.random.default_rng(seed).random((BATCH, preprocessor.noise_columns), np.float32)
    images = np.ones((BATCH, 60, 60, 3), np.uint8) * COLOURS[:, None, None, None]
    boxes = np.tile(np.array([BOX, [0.0] * 4], np.float32), (BATCH, 1, 1))
    class_ids = np.stack([np.arange(BATCH), np.zeros(BATCH)], axis=1).astype(np.int32)
    weights = np.tile(np.array([1.0, 0.0], np.float32), (BATCH, 1))
    result = preprocessor(
        images, np.array(sizes, np.int32), boxes, class_ids, weights, noise, normalise=lambda pixels: pixels
    )
    return Preprocessed(*(ops.convert_to_numpy(part) for part in result))


def quarters(image: NDArray[np.float32]) -> tuple[int, int]:
    """Return the row and column where the four colours meet."""
    flat = image[..., 0]
    row = int(np.flatnonzero(np.diff(flat[:, 0]))[0]) + 1
    return row, int(np.flatnonzero(np.diff(flat[0]))[0]) + 1


def test_mosaic_shows_four_images_with_their_boxes() -> None:
    option = "random_mosaic { probability: 1 min_scale: 0.6 max_scale: 0.6 min_visible_area: 0.01 }"
    result = apply([option])
    assert result.boxes_yxyx.shape == (BATCH, 8, 4)
    for image, boxes, class_ids, weights in zip(
        result.images, result.boxes_yxyx, result.class_ids, result.weights, strict=True
    ):
        row, column = quarters(image)
        assert 12 <= row <= 28
        assert 18 <= column <= 42
        parts = [image[:row, :column], image[:row, column:], image[row:, :column], image[row:, column:]]
        colours = [part[0, 0, 0] for part in parts]
        assert sorted(colours) == COLOURS.tolist()
        assert all((part == colour).all() for part, colour in zip(parts, colours, strict=True))
        assert (weights > 0).sum() >= 3
        for box, class_id in zip(boxes[weights > 0], class_ids[weights > 0], strict=True):
            top, left, bottom, right = box * [40, 60, 40, 60]
            inner = image[int(np.ceil(top)) : int(bottom), int(np.ceil(left)) : int(right)]
            assert inner.size
            assert (inner == COLOURS[class_id]).all()


def test_mosaic_moves_clips_and_drops_boxes() -> None:
    centre = "min_center: 0.5 max_center: 0.5"
    half = apply([f"random_mosaic {{ probability: 1 {centre} min_scale: 0.5 max_scale: 0.5 }}"])
    moved = [[0.125, 0.125, 0.375, 0.375], [0.125, 0.625, 0.375, 0.875]]
    moved += [[0.625, 0.125, 0.875, 0.375], [0.625, 0.625, 0.875, 0.875]]
    np.testing.assert_allclose(half.boxes_yxyx[:, ::2], np.tile(moved, (BATCH, 1, 1)), atol=1e-6)
    assert not half.boxes_yxyx[:, 1::2].any()
    assert half.weights.tolist() == [[1.0, 0.0] * 4] * BATCH
    shares = {}
    for visible in (0.01, 0.6):
        option = f"{centre} min_scale: 1 max_scale: 1 min_visible_area: {visible}"
        cut = apply([f"random_mosaic {{ probability: 1 {option} }}"])
        kept = cut.boxes_yxyx[cut.weights > 0]
        shares[visible] = np.prod(kept[:, 2:] - kept[:, :2], axis=1) / 0.25
        assert not cut.class_ids[cut.weights == 0].any()
    assert len(shares[0.6]) < len(shares[0.01])
    assert 0.01 <= shares[0.01].min() < 0.6 <= shares[0.6].min()
    assert shares[0.01].max() < 1.0


def test_mosaic_keeps_the_largest_objects() -> None:
    option = "random_mosaic { probability: 1 min_visible_area: 0.01 %s }"
    every, few = apply([option % ""]), apply([option % "max_number_of_boxes: 3"])
    assert few.boxes_yxyx.shape == (BATCH, 3, 4)
    for row in range(BATCH):
        areas = [np.prod(boxes[row, :, 2:] - boxes[row, :, :2], axis=1) for boxes in (every[1], few[1])]
        np.testing.assert_allclose(areas[1], np.sort(areas[0])[::-1][:3], atol=1e-6)


def test_unselected_images_are_unchanged() -> None:
    plain = apply([])
    for option in ("random_mosaic", "random_mix_up"):
        result = apply([f"{option} {{ probability: 0 }}"])
        np.testing.assert_array_equal(result.images, plain.images)
        np.testing.assert_array_equal(result.boxes_yxyx[:, :2], plain.boxes_yxyx)
        np.testing.assert_array_equal(result.true_sizes, plain.true_sizes)
        assert not result.weights[:, 2:].any()
    copied = apply(["random_copy_paste {}"])
    np.testing.assert_array_equal(copied.images, plain.images)


def test_mosaic_of_narrow_images_fills_the_frame() -> None:
    sizes = ((60, 30), (20, 60), (40, 40), (60, 20))
    result = apply(["random_mosaic { probability: 1 }"], resizer=PADDED, sizes=sizes)
    assert result.true_sizes.tolist() == [[60, 60]] * BATCH
    assert np.isin(result.images, COLOURS).all()
    alone = apply(["random_mosaic { probability: 0 }"], resizer=PADDED, sizes=sizes)
    assert (alone.images == 0).any(axis=(1, 2, 3)).all()


def test_mix_up_blends_images_and_weights() -> None:
    result = apply(["random_mix_up { probability: 1 min_ratio: 0.6 max_ratio: 0.9 }"])
    assert result.boxes_yxyx.shape == (BATCH, 4, 4)
    for row in range(BATCH):
        own, other = result.weights[row, [0, 2]]
        assert 0.6 <= own <= 0.9
        assert own + other == pytest.approx(1.0)
        assert result.class_ids[row, 0] == row
        partner = int(result.class_ids[row, 2])
        assert partner != row
        expected = own * COLOURS[row] + other * COLOURS[partner]
        np.testing.assert_allclose(result.images[row], expected, atol=1e-3)
        np.testing.assert_allclose(result.boxes_yxyx[row, [0, 2]], [BOX, BOX], atol=1e-6)
    whole = apply(["random_mix_up { probability: 1 min_ratio: 1 max_ratio: 1 }"])
    assert not whole.weights[:, 2:].any()
    np.testing.assert_array_equal(whole.images, apply([]).images)


def test_mix_up_keeps_pixels_outside_the_other_image() -> None:
    sizes = ((60, 30), (30, 60), (60, 30), (30, 60))
    result = apply(["random_mix_up { probability: 1 max_ratio: 0.8 }"], resizer=PADDED, sizes=sizes)
    pairs = [(row, int(result.class_ids[row, 2])) for row in range(BATCH)]
    crossed = [(row, partner) for row, partner in pairs if sizes[row] != sizes[partner]]
    assert crossed
    for row, partner in crossed:
        image = result.images[row, ..., 0]
        tall, wide = (row, partner) if sizes[row] == (60, 30) else (partner, row)
        assert (image[30:, :30] == COLOURS[tall]).all()
        assert (image[:30, 30:] == COLOURS[wide]).all()
        assert (image[30:, 30:] == 0).all()
        own, other = result.weights[row, [0, 2]]
        np.testing.assert_allclose(image[:30, :30], own * COLOURS[row] + other * COLOURS[partner], atol=1e-3)
        assert result.true_sizes[row].tolist() == [60, 60]


def test_mosaic_and_mix_up_compose_and_depend_on_the_noise() -> None:
    options = ["random_mosaic {}", "random_mix_up {}"]
    first, again, other = (apply(options, seed=seed) for seed in (1, 1, 2))
    assert first.boxes_yxyx.shape == (BATCH, 16, 4)
    np.testing.assert_array_equal(first.images, again.images)
    np.testing.assert_array_equal(first.boxes_yxyx, again.boxes_yxyx)
    assert (first.images != other.images).any()


def test_partners_are_distinct_other_images() -> None:
    uniform = ops.convert_to_tensor(np.random.default_rng(0).random(8).astype(np.float32))
    partner_rows = np.stack([ops.convert_to_numpy(partners(uniform, index)) for index in range(7)])
    assert all(sorted({*column, row}) == list(range(8)) for row, column in enumerate(partner_rows.T.tolist()))
    assert ops.convert_to_numpy(partners(ops.zeros(1))).tolist() == [0]


def test_rows_grow_to_a_limit() -> None:
    assert [rows_for(8, 4, 100), rows_for(40, 4, 100), rows_for(120, 4, 100), rows_for(8, 2, 4)] == [
        32,
        100,
        120,
        8,
    ]


def test_largest_selects_present_objects_and_breaks_ties_by_index() -> None:
    sides = np.array([0.1, 0.5, 0.3, 0.3, 0.2], np.float32)
    boxes = np.stack([np.zeros(5), np.zeros(5), sides, sides], axis=-1).astype(np.float32)[None]
    present = np.array([[True, False, True, True, True]])
    objects = Objects(*map(ops.convert_to_tensor, (boxes, np.arange(5)[None], np.ones((1, 5)), present)))
    assert ops.convert_to_numpy(objects.largest(3).class_ids).tolist() == [[2, 3, 4]]
    assert objects.largest(5) is objects
