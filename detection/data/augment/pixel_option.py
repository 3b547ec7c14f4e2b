"""The interface of options on pixels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from keras import ops

from sweepbox.detection.data.augment.trace import Trace
from sweepbox.detection.data.augment.view import View

Tensor = Any


@dataclass(frozen=True)
class PixelContext:
    """Noise, values and geometry for one pixel option; properties are computed on access.

    `noise` float32 `[batch, columns]` in [0, 1); `values`: the dynamic fields as float32 scalars; `switches`:
    the static ones; see `detection.data.augment.options`.
    """

    noise: Tensor
    values: Mapping[str, Tensor]
    switches: Mapping[str, Any]
    _view: View
    _trace: Trace

    @cached_property
    def inside(self) -> Tensor | None:
        """Bool `[batch, height, width, 1]`: pixels of the image as it is at this step; None: all of them."""
        return self._trace.inside(len(self._view.layers))

    @cached_property
    def size(self) -> Tensor:
        """Height and width of the image at this step in its own pixels, float32 `[batch, 2]`."""
        rows, columns = self._trace.windows(self._view)
        return ops.cast(ops.stack([rows.length, columns.length], axis=-1), "float32")

    @cached_property
    def rows(self) -> Tensor:
        """Where each output row lies, in pixels of the image at this step, float32 `[batch, height]`."""
        rows, _ = self._trace.windows(self._view)
        return rows.found(self._trace.rows[len(self._view.layers)].position)

    @cached_property
    def columns(self) -> Tensor:
        """Where each output column lies, in pixels of the image at this step, float32 `[batch, width]`."""
        _, columns = self._trace.windows(self._view)
        return columns.found(self._trace.columns[len(self._view.layers)].position)

    @cached_property
    def step(self) -> Tensor:
        """Pixels of the image at this step per output pixel, downwards and across, float32 `[batch, 2]`."""
        depth = len(self._view.layers)
        return ops.stack([self._trace.rows[depth].step, self._trace.columns[depth].step], axis=-1)


@dataclass(frozen=True)
class PixelOption:
    """An option on images 0..255 float32 `[batch, height, width, 3]`, and how much noise it uses.

    Images have the size and frame of the network's input. Pixels outside `PixelContext.inside` may be changed:
    a padding overwrites them later.
    """

    columns: int
    apply: Callable[[Tensor, PixelContext], Tensor]
