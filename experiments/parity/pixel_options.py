"""Apply our pixel and label options to the cases of `oracle/pixel_cases.py`: fixed cases and distributions."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from google.protobuf import text_format
from keras import ops
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.data.augment import build_preprocessor
from sweepbox.detection.data.augment.options import read_options
from sweepbox.detection.data.augment.pixel_noise import paint_squares
from sweepbox.detection.data.augment.pixel_option import PixelContext
from sweepbox.detection.data.augment.resizer import Resizer
from sweepbox.detection.data.augment.trace import trace
from sweepbox.detection.data.augment.view import whole_images

Arrays = Mapping[str, NDArray[Any]]
RESIZED = (72, 112)


def _uniform(draws: Sequence[float], *spans: tuple[float, float]) -> list[float]:
    """Return the uniform numbers in [0, 1] that give these draws from the ranges."""
    return [(draw - low) / (high - low) for draw, (low, high) in zip(draws, spans, strict=True)]


_FACTOR, _HUE, _LIGHT = (0.5, 1.5), (-0.2, 0.2), (-32 / 255, 32 / 255)
_NOISE: dict[str, Callable[[Sequence[float]], list[float]]] = {
    "brightness": lambda draws: _uniform(draws, (-0.3, 0.3)),
    "contrast": lambda draws: _uniform(draws, (0.8, 1.25)),
    "saturation": lambda draws: _uniform(draws, (0.8, 1.25)),
    "hue": lambda draws: _uniform(draws, (-0.3, 0.3)),
    "distort_0": lambda draws: _uniform(draws, _LIGHT, _FACTOR, _HUE, _FACTOR),
    "distort_1": lambda draws: _uniform(draws, _LIGHT, _FACTOR, _FACTOR, _HUE),
    "gray": list,
    "gamma": list,
    "normalize": list,
    "pixel_value": lambda _: [0.5],
    "jpeg_10": lambda draws: [draws[0], 0.5],
    "jpeg_60": lambda draws: [draws[0], 0.5],
    "jpeg_90": lambda draws: [draws[0], 0.5],
}
"""By case, a function from the oracle's draws to our noise."""


def option_of(text: NDArray[Any] | str) -> pb.PreprocessingStep:
    """Return the option that a config text describes."""
    return text_format.Parse(str(text), pb.PreprocessingStep())


def augmented(
    image: NDArray[np.float32],
    option: pb.PreprocessingStep,
    noise: NDArray[np.float32],
    *,
    size: tuple[int, int] | None = None,
    labels: Sequence[int] = (1,),
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return images `[rows, height, width, 3]` and labels `[rows, labels]` (0 if removed) for rows of noise."""
    height, width = size or image.shape[:2]
    resizer = pb.ImageResizer(fixed_shape_resizer=pb.FixedShapeResizer(height=height, width=width))
    preprocessor = build_preprocessor(resizer, [option])
    rows = len(noise)
    result = preprocessor(
        np.tile(image.astype(np.uint8), (rows, 1, 1, 1)),
        np.tile(np.array([image.shape[:2]], np.int32), (rows, 1)),
        np.tile(np.array([0.1, 0.1, 0.5, 0.5], np.float32), (rows, len(labels), 1)),
        np.tile(np.array([labels], np.int32) - 1, (rows, 1)),
        np.ones((rows, len(labels)), np.float32),
        noise.astype(np.float32),
        normalise=lambda images: images,
    )
    kept = ops.convert_to_numpy(result.weights) > 0
    return ops.convert_to_numpy(result.images), np.where(kept, ops.convert_to_numpy(result.class_ids) + 1, 0)


def fixed_cases(arrays: Arrays) -> Iterator[tuple[str, NDArray[np.float32], NDArray[np.float32]]]:
    """Yield name, our image and the oracle's for every case whose random numbers can be set."""
    for name, noise_of in _NOISE.items():
        noise = np.array([noise_of(arrays[f"fixed/{name}/draws"].tolist())], np.float32).reshape(1, -1)
        ours, _ = augmented(arrays["image"], option_of(arrays[f"fixed/{name}/config"]), noise)
        yield name, ours[0], arrays[f"fixed/{name}/image"]


def black_patches(arrays: Arrays) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return our image and the oracle's with the same black patches."""
    draws = arrays["fixed/black_patches/draws"].reshape(-1, 3)
    (option,) = read_options([option_of(arrays["fixed/black_patches/config"])])
    values = {name: ops.convert_to_tensor(value, "float32") for name, value in option.values}
    span = 1.0 - dict(option.values)["size_to_image_ratio"]
    numbers = (draws / [1.0, span, span]).reshape(1, -1)
    image = arrays["image"][None]
    context = _whole_image(image.shape[1:3], values)
    painted = paint_squares(ops.convert_to_tensor(image), context, ops.convert_to_tensor(numbers, "float32"))
    return ops.convert_to_numpy(painted)[0], arrays["fixed/black_patches/image"]


def _whole_image(size: tuple[int, int], values: Mapping[str, Any]) -> PixelContext:
    """Return the context that an option receives for one image of this size without resizing."""
    sizes = ops.convert_to_tensor([size], "int32")
    view = whole_images(sizes, ops.zeros((1, 1, 4)))
    path = trace(view, sizes, size, method=Resizer(size).filter_for(size), frame=None)
    return PixelContext(ops.zeros((1, 0)), values, {}, view, path)


def patch_masks(arrays: Arrays) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the masks of the pixels that our Gaussian patch and the oracle's change."""
    image = arrays["image"]
    keep, side, _, row, column = arrays["fixed/patch/draws"].tolist()
    noise = [keep, (side - 12 + 0.5) / 18, 1.0, (row + 0.5) / len(image), (column + 0.5) / image.shape[1], 0.3]
    ours, _ = augmented(image, option_of(arrays["fixed/patch/config"]), np.array([noise], np.float32))
    first, second = (np.abs(after - image).max(axis=-1) > 0 for after in (ours[0], arrays["fixed/patch/image"]))
    return first, second


def label_cases(arrays: Arrays) -> Iterator[tuple[str, list[int], list[int]]]:
    """Yield name, our labels and the oracle's."""
    for key in sorted(arrays):
        if key.startswith("labels/") and key.endswith("/config"):
            given = arrays[key.replace("config", "given")].tolist()
            noise = np.full((1, 1 if "drop" in key else 0), 0.5)
            _, ours = augmented(arrays["image"], option_of(arrays[key]), noise, labels=given)
            kept = [label for label in ours[0].tolist() if label]
            yield key.split("/")[1], kept, arrays[key.replace("config", "classes")].tolist()


def distances(arrays: Arrays, *, draws: int, seed: int) -> Iterator[tuple[str, float, float]]:
    """Yield `NAME/STATISTIC`, the distance of our distribution from the oracle's, and the critical distance."""
    for key in sorted(arrays):
        if key.startswith("random/") and key.endswith("/config"):
            name = key.split("/")[1]
            names = [path.split("/")[2] for path in arrays if path.startswith(f"random/{name}/")]
            yield from (
                (f"{name}/{what}", distance(ours, arrays[f"random/{name}/{what}"]), critical(draws, 500))
                for what, ours in statistics(
                    arrays["image"], option_of(arrays[key]), sorted(set(names) - {"config"}), draws, seed
                )
            )


def statistics(
    image: NDArray[np.float32], option: pb.PreprocessingStep, names: Sequence[str], draws: int, seed: int
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield each statistic over many augmented images, `[draws]`."""
    noise = np.random.default_rng(seed).random((draws, 6), np.float32)
    for suffix, size in (("", None), ("_resized", RESIZED)):
        wanted = [name for name in names if name.endswith("_resized") == bool(suffix)]
        if wanted:
            columns = _columns(option)
            images, _ = augmented(image, option, noise[:, :columns], size=size)
            before, _ = augmented(image, pb.PreprocessingStep(adjust_gamma={}), noise[:1, :0], size=size)
            yield from ((name, _statistic(name.removesuffix(suffix), before, images)) for name in wanted)


def _columns(option: pb.PreprocessingStep) -> int:
    resizer = pb.ImageResizer(fixed_shape_resizer=pb.FixedShapeResizer(height=8, width=8))
    return build_preprocessor(resizer, [option]).noise_columns


def _statistic(name: str, before: NDArray[np.float32], after: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the statistic of each of the images `after`, as the oracle's script defines it."""
    change = after - before
    over = (1, 2)
    numbers: dict[str, Callable[[], Any]] = {
        "mean": lambda: after.mean((1, 2, 3)),
        "deviation": lambda: after.std((1, 2, 3)),
        "colour": lambda: (after.max(-1) - after.min(-1)).mean(over),
        "red": lambda: (after[..., 0] - after[..., 2]).mean(over),
        "rough": lambda: np.abs(np.diff(change, axis=2)).mean((1, 2, 3)),
        "black": lambda: (after.max(-1) == 0).mean(over),
        "change": lambda: np.abs(change).mean((1, 2, 3)),
        "changed": lambda: (np.abs(change).max(-1) > 1e-3).mean(over),
    }
    return np.asarray(numbers[name](), np.float64)


def distance(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Return the Kolmogorov-Smirnov distance of two samples.

    It is the largest gap between their distribution functions. Values are rounded to three decimals first, so
    that rounding errors do not break ties.
    """
    first, second = (np.sort(np.round(np.asarray(sample, np.float64), 3)) for sample in (first, second))
    points = np.concatenate([first, second])
    cumulative = [np.searchsorted(sample, points, side="right") / len(sample) for sample in (first, second)]
    return float(np.abs(cumulative[0] - cumulative[1]).max())


def critical(first: int, second: int, *, alpha: float = 1e-4) -> float:
    """Return the distance that two samples of one distribution exceed with probability `alpha` (asymptotic).

    With 2000 of our draws against 500 it is 0.111. Distributions with a distance of 0.2 are distinguished with
    a probability of more than 99.9 % (the measured distance deviates by at most 0.025).
    """
    return math.sqrt(-math.log(alpha / 2.0) / 2.0 * (first + second) / (first * second))
