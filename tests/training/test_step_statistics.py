import math
import time

import pytest

from sweepbox.detection.core.errors import TrainingError
from sweepbox.detection.training.step import LOSS_NAMES, LossSums
from sweepbox.detection.training.step_statistics import StepStatistics


def _sums(steps: int, value: float, bad: int | None = None) -> LossSums:
    return LossSums(steps, dict.fromkeys(LOSS_NAMES, value), bad)


def test_means_are_over_steps_and_the_throughput_excludes_compiling_steps() -> None:
    taken = [_sums(2, 6.0), _sums(1, 6.0)]
    statistics = StepStatistics(lambda: taken.pop(0))
    started = time.perf_counter()
    time.sleep(0.05)
    statistics.count(8, waited_s=0.04, compiled_from=started)
    time.sleep(0.02)
    statistics.count(8, waited_s=0.005, compiled_from=None)
    losses, speed = statistics.fetch()
    assert losses["total"] == 3.0
    assert 8 / 0.05 < speed <= 8 / 0.02
    statistics.count(8, waited_s=0.0, compiled_from=None)
    statistics.fetch()
    assert statistics.losses["total"] == 4.0
    assert 0.0 < statistics.input_wait_fraction < 1.0


def test_without_steps_there_are_no_losses_and_no_throughput() -> None:
    statistics = StepStatistics(lambda: _sums(0, 0.0))
    assert (statistics.losses, statistics.images_per_s, statistics.input_wait_fraction) == ({}, 0.0, 0.0)


def test_the_error_for_a_loss_that_is_not_finite_names_the_step() -> None:
    statistics = StepStatistics(lambda: _sums(5, math.nan, bad=13))
    with pytest.raises(TrainingError, match="not finite at step 13; lower the learning rate"):
        statistics.fetch()
