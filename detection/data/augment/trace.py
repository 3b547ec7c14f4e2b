"""Maps the network's input back through all frames of a view to the pixels as read."""

from dataclasses import dataclass
from typing import Any

from keras import ops

from sweepbox.detection.data.augment.sampling import AxisSamples, Filter, axis_samples, beneath, resample
from sweepbox.detection.data.augment.select import select
from sweepbox.detection.data.augment.view import AxisLayer, AxisWindow, View

Tensor = Any


@dataclass(frozen=True)
class Trace:
    """The position of every output line in every frame of a view.

    `rows`, `columns`: samples in lines of each frame, that of the image as read first; `row_shares`,
    `column_shares` float32 `[batch, output]` for each layer: how much of each line lies on the window beneath.
    `frame` bool `[batch, height, width, 1]`: the image's place in the output, None if it fills it.
    """

    view: View
    rows: tuple[AxisSamples, ...]
    columns: tuple[AxisSamples, ...]
    row_shares: tuple[Tensor, ...]
    column_shares: tuple[Tensor, ...]
    frame: Tensor | None

    def resampled(self, images: Tensor, *, can_transpose: bool) -> Tensor:
        """Return what the view shows, float32 `[batch, height, width, 3]`, of uint8 images as read.

        Edge pixels are repeated outside the image. `can_transpose`: some image may be shown transposed.
        """
        if can_transpose:
            images = _transposed(images, self.view.transposed)
        return resample(images, self.rows[0].taps, self.columns[0].taps)

    def share(self, layer: int) -> Tensor:
        """Return the share of each output pixel on the window of a layer, `[batch, height, width, 1]`."""
        return self.row_shares[layer][:, :, None, None] * self.column_shares[layer][:, None, :, None]

    def inside(self, depth: int) -> Tensor | None:
        """Return where the frame above `depth` layers shows, `[batch, height, width, 1]`; None: everywhere."""
        inside = self.frame
        for number, layer in enumerate(self.view.layers[depth:], start=depth):
            if layer.padded:
                on_window = self.share(number) >= 0.5
                inside = on_window if inside is None else ops.logical_and(inside, on_window)
        return inside

    def windows(self, view: View) -> tuple[AxisWindow, AxisWindow]:
        """Return rows and columns of an earlier view, exchanged where the output shows it transposed."""
        turned = ops.logical_xor(view.transposed, self.view.transposed)
        return select(turned, view.columns, view.rows), select(turned, view.rows, view.columns)


def trace(view: View, true_sizes: Tensor, output_size: tuple[int, int], *, method: Filter, frame: Any) -> Trace:
    """Return the trace of a view shown in `true_sizes` int32 `[batch, 2]` of a frame of `output_size`."""
    row_layers = tuple(layer.rows for layer in view.layers)
    column_layers = tuple(layer.columns for layer in view.layers)
    rows, row_shares = _axis(view.rows, row_layers, true_sizes[:, 0], output_size[0], method)
    columns, column_shares = _axis(view.columns, column_layers, true_sizes[:, 1], output_size[1], method)
    return Trace(view, rows, columns, row_shares, column_shares, frame)


def _transposed(images: Tensor, chosen: Tensor) -> Tensor:
    """Return images on a square canvas, rows and columns exchanged where `chosen` bool `[batch]` is true."""
    height, width = images.shape[1:3]
    side = max(height, width)
    square = ops.pad(images, ((0, 0), (0, side - height), (0, side - width), (0, 0)))
    return select(chosen, ops.transpose(square, (0, 2, 1, 3)), square)


def _axis(
    window: AxisWindow, layers: tuple[AxisLayer, ...], resized: Tensor, output: int, method: Filter
) -> tuple[tuple[AxisSamples, ...], tuple[Tensor, ...]]:
    """Return the samples in each frame and the share of each layer along one axis, the lowest first."""
    shown = axis_samples(window.length, resized=resized, output=output, method=method)
    frames, shares = [shown.placed(window)], []
    for layer in reversed(layers):
        on_window, share = beneath(frames[-1], layer, method)
        frames.append(on_window.placed(layer.window))
        shares.append(share)
    return tuple(reversed(frames)), tuple(reversed(shares))
