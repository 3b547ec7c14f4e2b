import math
import time

import pytest

from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.training.meter import Meter
from sweepbox.detection.training.step import LOSS_NAMES, LossSums


def _sums(steps: int, value: float, bad: int | None = None) -> LossSums:
    return LossSums(steps, dict.fromkeys(LOSS_NAMES, value), bad)


def test_means_are_over_steps_and_speed_leaves_out_compiled_steps() -> None:
    taken = [_sums(2, 6.0), _sums(1, 6.0)]
    meter = Meter(lambda: taken.pop(0))
    started = time.perf_counter()
    time.sleep(0.05)
    meter.count(8, waited_s=0.04, compiled_from=started)
    time.sleep(0.02)
    meter.count(8, waited_s=0.005, compiled_from=None)
    losses, speed = meter.fetch()
    assert losses["total"] == 3.0
    assert 8 / 0.05 < speed <= 8 / 0.02
    meter.count(8, waited_s=0.0, compiled_from=None)
    meter.fetch()
    assert meter.losses["total"] == 4.0
    assert 0.0 < meter.input_wait_fraction < 1.0


def test_a_stretch_without_steps_has_neither_losses_nor_speed() -> None:
    meter = Meter(lambda: _sums(0, 0.0))
    assert (meter.losses, meter.images_per_s, meter.input_wait_fraction) == ({}, 0.0, 0.0)


def test_a_loss_that_is_not_finite_is_named_by_its_step() -> None:
    meter = Meter(lambda: _sums(5, math.nan, bad=13))
    with pytest.raises(TrainingError, match="not finite at step 13; lower the learning rate"):
        meter.fetch()
