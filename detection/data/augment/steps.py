"""The options of a pipeline.config as steps over a batch, each with its noise columns and values."""

from typing import Any

import keras
from keras import ops

from sweepbox.detection.data.augment.batch_option import BatchOption, FramedBatch, SourceOption
from sweepbox.detection.data.augment.batch_options import BATCH_OPTIONS
from sweepbox.detection.data.augment.label_options import LABEL_OPTIONS
from sweepbox.detection.data.augment.options import OptionValues
from sweepbox.detection.data.augment.pixel_option import PixelContext, PixelOption
from sweepbox.detection.data.augment.pixel_options import PIXEL_OPTIONS
from sweepbox.detection.data.augment.source_options import SOURCE_OPTIONS
from sweepbox.detection.data.augment.trace import Trace
from sweepbox.detection.data.augment.view import View
from sweepbox.detection.data.augment.view_option import Values, ViewOption
from sweepbox.detection.data.augment.view_options import VIEW_OPTIONS

Tensor = Any


class Step:
    """One option of the config; its values are non-trainable variables named after the fields."""

    def __init__(self, option: OptionValues, *, index: int, first_column: int) -> None:
        self.name = option.name
        self._option = implementation(option.name)
        self._switches = dict(option.switches)
        self.columns = self._option.columns
        self._noise = slice(first_column, first_column + self.columns)
        self.variables = {
            field: keras.Variable(
                value, trainable=False, dtype="float32", name=f"augmentation_{index}_{self.name}_{field}"
            )
            for field, value in option.values
        }

    def assign(self, option: OptionValues) -> None:
        """Set the values of the same option."""
        for field, value in option.values:
            self.variables[field].assign(value)

    @property
    def can_transpose(self) -> bool:
        """Whether the option may exchange rows and columns."""
        return isinstance(self._option, ViewOption) and self._option.transposes

    def prepare(self, images: Tensor, sizes: Tensor, noise: Tensor) -> Tensor:
        """Return the images after an option on images as read; other options return them unchanged."""
        if isinstance(self._option, SourceOption):
            return self._option.apply(images, sizes, noise[:, self._noise], self._values(), self._switches)
        return images

    def look(self, view: View, noise: Tensor) -> View:
        """Return the view after an option on views; other options return it unchanged."""
        if isinstance(self._option, ViewOption):
            return self._option.apply(view, noise[:, self._noise], self._values(), self._switches)
        return view

    def paint(self, images: Tensor, noise: Tensor, seen: View, trace: Trace) -> Tensor:
        """Return framed images after an option on pixels, or with the padding filled.

        `seen`: the view before this option.
        """
        if isinstance(self._option, PixelOption):
            context = PixelContext(noise[:, self._noise], self._values(), self._switches, seen, trace)
            return self._option.apply(images, context)
        return images

    def fill(self, images: Tensor, noise: Tensor, layer: int, trace: Trace) -> Tensor:
        """Return framed images with the area outside the window of a layer filled by this option."""
        colour = self._colour(noise)
        if colour is None:
            colour = _mean_colour(images, trace.inside(layer))
        elif not isinstance(colour, tuple):
            colour = ops.where(colour < 0.0, _mean_colour(images, trace.inside(layer)), colour)
        share = trace.share(layer)
        return images * share + ops.reshape(colour, (-1, 1, 1, 3)) * (1.0 - share)

    def _colour(self, noise: Tensor) -> Tensor | tuple[float, float, float] | None:
        """Return the colour of this option's padding, see `ViewOption.fill`."""
        if not isinstance(self._option, ViewOption) or self._option.fill is None:
            return None
        return self._option.fill(noise[:, self._noise], self._values(), self._switches)

    def mix(self, batch: FramedBatch, noise: Tensor) -> FramedBatch:
        """Return the batch after an option on whole batches; other options return it unchanged."""
        if isinstance(self._option, BatchOption):
            return self._option.apply(batch, noise[:, self._noise], self._values(), self._switches)
        return batch

    def _values(self) -> Values:
        return {field: ops.convert_to_tensor(variable.value) for field, variable in self.variables.items()}


def implementation(name: str) -> ViewOption | PixelOption | SourceOption | BatchOption:
    """Return the implementation of an option; KeyError if it is not supported."""
    tables = (VIEW_OPTIONS, LABEL_OPTIONS, PIXEL_OPTIONS, SOURCE_OPTIONS, BATCH_OPTIONS)
    return next(table[name] for table in tables if name in table)


def _mean_colour(images: Tensor, inside: Tensor | None) -> Tensor:
    """Return the mean colour `[batch, 3]` of the pixels that are inside, of all pixels if none is."""
    if inside is None:
        return ops.mean(images, axis=(1, 2))
    weights = ops.cast(inside, "float32")
    count = ops.sum(weights, axis=(1, 2))
    mean = ops.sum(images * weights, axis=(1, 2)) / ops.maximum(count, 1.0)
    return ops.where(count > 0.0, mean, ops.mean(images, axis=(1, 2)))
