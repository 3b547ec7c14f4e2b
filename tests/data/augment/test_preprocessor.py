from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from keras import ops
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.data.augment import Preprocessed, Preprocessor, build_preprocessor
from sweepbox.detection.data.augment.crop import COLUMNS

FIXED = "fixed_shape_resizer { height: 48 width: 64 }"
PADDED = "keep_aspect_ratio_resizer { min_dimension: 40 max_dimension: 64 pad_to_max_dimension: true }"
HALF = (
    "random_crop_image { min_object_covered: 0 min_aspect_ratio: 1 max_aspect_ratio: 1 "
    "min_area: 0.25 max_area: 0.25 overlap_thresh: 0.1 }"
)
EVERY = [
    "random_horizontal_flip {}",
    "random_crop_image {}",
    "random_adjust_brightness {}",
    "random_adjust_contrast {}",
    "random_adjust_saturation {}",
    "random_adjust_hue {}",
    "random_vertical_flip {}",
]
PICTURE = np.random.default_rng(3).integers(0, 256, (80, 80, 3), np.uint8)
BOXES = [[0.1, 0.2, 0.5, 0.6], [0.0, 0.0, 0.0, 0.0]]


def steps(texts: Sequence[str]) -> list[pb.PreprocessingStep]:
    return [text_format.Parse(text, pb.PreprocessingStep()) for text in texts]


def build(options: Sequence[str], resizer: str = FIXED) -> Preprocessor:
    return build_preprocessor(text_format.Parse(resizer, pb.ImageResizer()), steps(options))


def unchanged(images: Any) -> Any:
    return images


def apply(
    preprocessor: Preprocessor, noise: Sequence[float] | NDArray[np.float32], image: NDArray[np.uint8] = PICTURE
) -> Preprocessed:
    """Run one image with BOXES through a preprocessor."""
    result = preprocessor(
        image[None],
        np.array([image.shape[:2]], np.int32),
        np.array([BOXES], np.float32),
        np.array([[2, 0]], np.int32),
        np.array([[0.5, 0.0]], np.float32),
        np.array(noise, np.float32).reshape(1, -1),
        normalise=unchanged,
    )
    return Preprocessed(*(ops.convert_to_numpy(part) for part in result))


def resized(image: NDArray[Any], size: tuple[int, int] = (48, 64)) -> NDArray[np.float32]:
    import tensorflow as tf

    return tf.raw_ops.ResizeBilinear(images=image[None], size=size, half_pixel_centers=False).numpy()


def crop_noise(top: float, left: float) -> NDArray[np.float32]:
    noise = np.full(COLUMNS, 0.5, np.float32)
    noise[1:].reshape(4, -1)[2:] = [[top], [left]]
    return noise


def test_mirroring_moves_pixels_and_boxes_but_not_padding() -> None:
    across = apply(build(["random_horizontal_flip {}"]), [0.49])
    np.testing.assert_allclose(across.images, resized(PICTURE[:, ::-1]), rtol=0, atol=1e-4)
    np.testing.assert_allclose(across.boxes_yxyx[0], [[0.1, 0.4, 0.5, 0.8], [0, 0, 0, 0]], atol=1e-6)
    upside_down = apply(build(["random_vertical_flip { probability: 1 }"]), [0.99])
    np.testing.assert_allclose(upside_down.images, resized(PICTURE[::-1]), rtol=0, atol=1e-4)
    np.testing.assert_allclose(upside_down.boxes_yxyx[0], [[0.5, 0.2, 0.9, 0.6], [0, 0, 0, 0]], atol=1e-6)
    left_alone = apply(build(["random_horizontal_flip {}"]), [0.5])
    np.testing.assert_allclose(left_alone.images, resized(PICTURE), rtol=0, atol=1e-4)


def test_mirroring_twice_is_the_original() -> None:
    twice = apply(build(["random_horizontal_flip {}", "random_horizontal_flip {}"]), [0.0, 0.0])
    np.testing.assert_array_equal(twice.images, apply(build([]), []).images)
    np.testing.assert_allclose(twice.boxes_yxyx[0], BOXES, atol=1e-6)


@pytest.mark.parametrize("first", ["crop", "mirror"])
def test_crop_and_mirror_compose_in_config_order(first: str) -> None:
    cut, noise = (slice(4, 44), slice(8, 48)), crop_noise(0.1, 0.2)
    if first == "crop":
        result = apply(build([HALF, "random_horizontal_flip {}"]), [*noise, 0.0])
        expected = PICTURE[cut][:, ::-1]
    else:
        result = apply(build(["random_horizontal_flip {}", HALF]), [0.0, *noise])
        expected = PICTURE[:, ::-1][cut]
    np.testing.assert_allclose(result.images, resized(expected), rtol=0, atol=1e-4)


def test_dropped_object_is_zeroed() -> None:
    result = apply(build([HALF]), crop_noise(0.99, 0.99))
    assert not result.boxes_yxyx.any()
    assert not result.class_ids.any()
    assert not result.weights.any()
    kept = apply(build([HALF]), crop_noise(0.1, 0.2))
    assert kept.class_ids.tolist() == [[2, 0]]
    assert kept.weights.tolist() == [[0.5, 0.0]]


def test_true_size_is_that_of_the_cropped_window() -> None:
    shape = "min_aspect_ratio: 2 max_aspect_ratio: 2 min_area: 0.4 max_area: 0.5"
    wide = f"random_crop_image {{ min_object_covered: 0 {shape} }}"
    result = apply(build([wide], PADDED), np.full(COLUMNS, 0.5, np.float32))
    height, width = result.true_sizes[0]
    assert (width, height) == (64, 32)
    assert not result.images[0, height:].any()


@pytest.mark.slow
def test_every_option_compiles_once_for_all_strengths() -> None:
    import tensorflow as tf

    preprocessor = build(EVERY, PADDED)
    traces = 0

    @tf.function
    def run(*arguments: Any) -> Preprocessed:
        nonlocal traces
        traces += 1
        return preprocessor(*arguments, normalise=unchanged)

    noise = np.random.default_rng(4).random((3, preprocessor.noise_columns), np.float32)
    arguments = (
        tf.constant(np.stack([PICTURE] * 3)),
        tf.constant([[80, 80], [50, 80], [80, 50]]),
        tf.constant(np.array([BOXES] * 3, np.float32)),
        tf.zeros((3, 2), tf.int32),
        tf.ones((3, 2)),
        tf.constant(noise),
    )
    first = run(*arguments)
    assert first.images.shape == (3, 64, 64, 3)
    assert np.isfinite(first.images).all()
    np.testing.assert_array_equal(run(*arguments).images, first.images)
    calm = [
        "random_horizontal_flip { probability: 0 }",
        "random_crop_image { random_coef: 1 }",
        "random_adjust_brightness { max_delta: 0 }",
        "random_adjust_contrast { min_delta: 1 max_delta: 1 }",
        "random_adjust_saturation { min_delta: 1 max_delta: 1 }",
        "random_adjust_hue { max_delta: 0 }",
        "random_vertical_flip { probability: 0 }",
    ]
    preprocessor.assign(steps(calm))
    still = run(*arguments)
    plain = build([], PADDED)(*arguments, normalise=unchanged)
    np.testing.assert_allclose(still.images, plain.images, rtol=0, atol=1e-3)
    np.testing.assert_allclose(still.boxes_yxyx, plain.boxes_yxyx, atol=1e-6)
    assert traces == 1


def test_compile_part_contains_only_static_fields() -> None:
    base = build(EVERY)
    louder = build([*EVERY[:2], "random_adjust_brightness { max_delta: 0.5 }", *EVERY[3:]])
    assert base.compile_part == louder.compile_part
    assert hash(base.compile_part) == hash(louder.compile_part)
    others = [
        build(EVERY[:-1]),
        build(EVERY[::-1]),
        build(EVERY, PADDED),
        build(EVERY, FIXED.replace("48", "49")),
    ]
    others.append(build([EVERY[0], "random_crop_image { clip_boxes: false }", *EVERY[2:]]))
    assert base.compile_part not in [other.compile_part for other in others]
    assert base.noise_columns == COLUMNS + 6
    with pytest.raises(ValueError, match="need another program"):
        base.assign(steps(EVERY[:-1]))
    assert [variable.path for variable in base.variables] == [variable.path for variable in louder.variables]
    assert len({variable.path for variable in base.variables}) == len(base.variables) == 15
    assert not any(variable.trainable for variable in base.variables)


def test_unsupported_option_is_rejected_by_name() -> None:
    with pytest.raises(ConfigError, match=r"data_augmentation_options\[1\]: autoaugment_image is not supp"):
        build(["random_horizontal_flip {}", "autoaugment_image {}"])
    with pytest.raises(ConfigError, match="an empty option"):
        build([""])
