"""Turns a batch of uint8 images with boxes into augmented, normalised images of one size."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.data.augment.batch_option import FramedBatch
from sweepbox.detection.data.augment.options import OptionValues, read_options
from sweepbox.detection.data.augment.resizer import Resizer, read_resizer
from sweepbox.detection.data.augment.rows import compacted
from sweepbox.detection.data.augment.steps import Step
from sweepbox.detection.data.augment.trace import Trace, trace
from sweepbox.detection.data.augment.view import View, whole_images

Tensor = Any


class Preprocessed(NamedTuple):
    """The input of the network and its targets.

    `images` float32 `[batch, height, width, 3]`, normalised, with the padding's value outside the image;
    `boxes_yxyx` float32 `[batch, boxes, 4]`, relative to the padded frame; `class_ids` int32 `[batch, boxes]`,
    0-based; `weights` float32 `[batch, boxes]`; `true_sizes` int32 `[batch, 2]`: height and width of the image
    inside the frame. Rows without an object are all zero.
    """

    images: Tensor
    boxes_yxyx: Tensor
    class_ids: Tensor
    weights: Tensor
    true_sizes: Tensor


class Preprocessor:
    """Augments, resizes and normalises batches; compiled once for one `compile_part`, whatever the strengths.

    `noise_columns`: how many columns of uniform noise a call uses; all randomness comes from them.
    `output_size`: height and width of the images. `variables`: strengths and probabilities, non-trainable.
    """

    def __init__(self, resizer: Resizer, options: Sequence[OptionValues]) -> None:
        self._resizer = resizer
        self._steps: list[Step] = []
        self.noise_columns = 0
        for index, option in enumerate(options):
            self._steps.append(Step(option, index=index, first_column=self.noise_columns))
            self.noise_columns += self._steps[-1].columns
        self.output_size = resizer.output_size
        self.compile_part = (resizer, tuple(option.compile_part for option in options))

    @property
    def variables(self) -> list[keras.Variable]:
        """The dynamic strengths and probabilities, in config order."""
        return [variable for step in self._steps for variable in step.variables.values()]

    def assign(self, options: Iterable[pb.PreprocessingStep]) -> None:
        """Set other strengths; ValueError unless the options are the same in the same order."""
        read = read_options(options)
        asked, compiled = tuple(option.compile_part for option in read), self.compile_part[1]
        if asked != compiled:
            raise ValueError(
                f"options {asked} need another program than {compiled}; build another preprocessor"
            )
        for step, option in zip(self._steps, read, strict=True):
            step.assign(option)

    def __call__(  # noqa: PLR0917 - the parts of a batch in their fixed order
        self,
        images: Tensor,
        sizes: Tensor,
        boxes_yxyx: Tensor,
        class_ids: Tensor,
        weights: Tensor,
        noise: Tensor,
        *,
        normalise: Callable[[Tensor], Tensor],
    ) -> Preprocessed:
        """Return the network's input for a batch.

        `images` uint8 `[batch, canvas height, canvas width, 3]`; `sizes` int32 `[batch, 2]`: the true height
        and width on the canvas, at least 1; `boxes_yxyx` float32 `[batch, boxes, 4]` normalised to the true
        image (four zeros: padding); `noise` float32 `[batch, noise_columns]` uniform in [0, 1). `normalise`
        works on each pixel of images 0..255.

        Geometric options are composed and applied with the resizing in one pass over the original pixels;
        options on pixels and the fill of paddings follow in config order, on the resized image. Resizing before
        normalising gives what the Object Detection API's reverse order gives, because interpolation weights
        sum to one. Objects beyond the number of input rows are dropped, except by options that mix images.
        """
        sizes = ops.convert_to_tensor(sizes, dtype="int32")
        images = self._prepared(ops.convert_to_tensor(images), sizes, noise)
        objects = (ops.convert_to_tensor(part) for part in (boxes_yxyx, class_ids, weights))
        seen = self._views(whole_images(sizes, *objects), noise)
        view = seen[-1]
        true_sizes = ops.stack(self._resizer.resized(view.height, view.width), axis=-1)
        path = self._trace(view, true_sizes, images)
        pixels = self._painted(
            path.resampled(images, can_transpose=any(step.can_transpose for step in self._steps)),
            noise,
            seen,
            path,
        )
        view = compacted(view, rows=seen[0].present.shape[1])
        boxes = view.boxes_yxyx * self._true_share(true_sizes)
        batch = FramedBatch(pixels, boxes, view.class_ids, view.weights, view.present, true_sizes, path.frame)
        for step in self._steps:
            batch = step.mix(batch, noise)
        return self._finished(batch, normalise)

    def _prepared(self, images: Tensor, sizes: Tensor, noise: Tensor) -> Tensor:
        """Return the images after the options on images as read."""
        for step in self._steps:
            images = step.prepare(images, sizes, noise)
        return images

    def _views(self, view: View, noise: Tensor) -> list[View]:
        """Return the views before each step and after the last one."""
        views = [view]
        for step in self._steps:
            views.append(step.look(views[-1], noise))
        return views

    def _trace(self, view: View, true_sizes: Tensor, images: Tensor) -> Trace:
        method = self._resizer.filter_for(images.shape[1:3])
        return trace(view, true_sizes, self.output_size, method=method, frame=self._inside(true_sizes))

    def _painted(self, pixels: Tensor, noise: Tensor, seen: Sequence[View], path: Trace) -> Tensor:
        """Return framed pixels after the options on pixels, and the fill of each padding at its place."""
        for place, step in enumerate(self._steps):
            pixels = step.paint(pixels, noise, seen[place], path)
            for layer in range(len(seen[place].layers), len(seen[place + 1].layers)):
                if path.view.layers[layer].padded:
                    pixels = step.fill(pixels, noise, layer, path)
        return pixels

    def _finished(self, batch: FramedBatch, normalise: Callable[[Tensor], Tensor]) -> Preprocessed:
        """Return the normalised batch, with zeros in rows without an object."""
        return Preprocessed(
            images=self._framed(normalise(batch.images), batch.inside),
            boxes_yxyx=ops.where(batch.present[:, :, None], batch.boxes_yxyx, 0.0),
            class_ids=ops.where(batch.present, batch.class_ids, 0),
            weights=ops.where(batch.present, batch.weights, 0.0),
            true_sizes=batch.true_sizes,
        )

    def _inside(self, true_sizes: Tensor) -> Tensor | None:
        """Return bool `[batch, height, width, 1]`, true on the image; None if the image fills the frame."""
        if self._resizer.min_dimension is None:
            return None
        height, width = self.output_size
        rows = ops.arange(height, dtype="int32")[None, :, None, None] < true_sizes[:, 0][:, None, None, None]
        columns = ops.arange(width, dtype="int32")[None, None, :, None] < true_sizes[:, 1][:, None, None, None]
        return ops.logical_and(rows, columns)

    def _framed(self, images: Tensor, inside: Tensor | None) -> Tensor:
        """Return normalised images with the padding's value outside the image."""
        if inside is None:
            return images
        return ops.where(inside, images, ops.convert_to_tensor(self._resizer.padding, dtype=images.dtype))

    def _true_share(self, true_sizes: Tensor) -> Tensor | float:
        """Return `[batch, 1, 4]`, the share of the frame that the image covers, as a factor for boxes."""
        if self._resizer.min_dimension is None:
            return 1.0
        share = ops.cast(true_sizes, "float32") / ops.convert_to_tensor(self.output_size, dtype="float32")
        return ops.concatenate([share, share], axis=-1)[:, None, :]


def build_preprocessor(resizer: pb.ImageResizer, options: Sequence[pb.PreprocessingStep]) -> Preprocessor:
    """Return the preprocessor of a config's `image_resizer` and `data_augmentation_options` (evaluation: none).

    ConfigError if the resizer or an option is not supported.
    """
    return Preprocessor(read_resizer(resizer), read_options(options))
