import numpy as np
import pytest

from sweepbox.detection.model.hyperparameters import Penalty
from sweepbox.detection.model.regularization import KernelPenalty, regularization_loss

KERNELS = [np.array([1.0, -2.0], np.float32), np.array([[3.0]], np.float32)]


@pytest.mark.parametrize(("kind", "expected"), [(Penalty.L2, 0.7), (Penalty.L1, 0.6), (Penalty.NONE, 0.0)])
def test_penalty(kind: Penalty, expected: float) -> None:
    assert float(KernelPenalty(kind, 0.1, KERNELS)()) == pytest.approx(expected)


def test_penalties_are_summed() -> None:
    penalties = [KernelPenalty(Penalty.L2, 0.1, KERNELS), KernelPenalty(Penalty.L1, 0.5, KERNELS)]
    assert float(regularization_loss(penalties)) == pytest.approx(0.7 + 3.0)
    assert float(regularization_loss([KernelPenalty(Penalty.L2, 0.1, [])])) == 0
