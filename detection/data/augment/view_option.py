"""The interface of options that move pixels or objects: functions of views."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sweepbox.detection.data.augment.view import View

Tensor = Any
Values = Mapping[str, Tensor]
Switches = Mapping[str, Any]


@dataclass(frozen=True)
class ViewOption:
    """An option on views, and how much noise it uses.

    `apply` takes a view, noise float32 `[batch, columns]` in [0, 1), the dynamic values as float32 scalars and
    the static switches. `fill` returns of the last three the colour of the padding that `apply` adds: a
    constant triple, or float32 `[1 or batch, 3]` in which a negative channel stands for the image's mean, or
    None for its mean in all channels, which is also the default.
    `transposes`: rows and columns may be exchanged.
    """

    columns: int
    apply: Callable[[View, Tensor, Values, Switches], View]
    fill: Callable[[Tensor, Values, Switches], Tensor | tuple[float, float, float] | None] | None = None
    transposes: bool = False
