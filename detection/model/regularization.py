"""The regularisation loss of kernels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keras import ops

from sweepbox.detection.model.hyperparameters import Penalty


@dataclass(frozen=True)
class KernelPenalty:
    """The regularisation of one group of kernels; `weight` may be a Keras variable."""

    kind: Penalty
    weight: Any
    kernels: Sequence[Any]

    def __call__(self) -> Any:
        """Return the scalar `weight / 2 * sum(kernel²)` (L2) or `weight * sum(|kernel|)` (L1)."""
        kernels = [ops.cast(ops.convert_to_tensor(kernel), "float32") for kernel in self.kernels]
        if self.kind is Penalty.NONE or not kernels:
            return ops.zeros((), "float32")
        if self.kind is Penalty.L1:
            return _sum([ops.sum(ops.abs(kernel)) for kernel in kernels]) * ops.convert_to_tensor(self.weight)
        return _sum([ops.sum(kernel * kernel) for kernel in kernels]) * (
            0.5 * ops.convert_to_tensor(self.weight)
        )


def regularization_loss(penalties: Sequence[KernelPenalty]) -> Any:
    """Return the scalar sum of all penalties."""
    return _sum([penalty() for penalty in penalties])


def _sum(terms: Sequence[Any]) -> Any:
    return ops.sum(ops.stack(list(terms)))
