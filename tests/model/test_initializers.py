import numpy as np
import pytest

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.core.seeds import generator
from sweepbox.detection.model.initializers import (
    BY_NAME,
    GLOROT_UNIFORM,
    Constant,
    FanMode,
    Initializer,
    RandomNormal,
    TruncatedNormal,
    VarianceScaling,
    initializer_of,
)

SHAPE = (3, 3, 64, 96)


@pytest.mark.parametrize(
    ("initializer", "mean", "stddev"),
    [
        (RandomNormal(1.0, 0.5), 1.0, 0.5),
        (TruncatedNormal(0.0, 0.03), 0.0, 0.03 * 0.8796),
        (VarianceScaling(1.0, FanMode.IN, uniform=False), 0.0, (1 / (9 * 64)) ** 0.5),
        (VarianceScaling(2.0, FanMode.OUT, uniform=False), 0.0, (2 / (9 * 96)) ** 0.5),
        (GLOROT_UNIFORM, 0.0, (2 / (9 * (64 + 96))) ** 0.5),
        (Constant(-4.6), -4.6, 0.0),
    ],
)
def test_distribution(initializer: Initializer, mean: float, stddev: float) -> None:
    values = initializer.draw(generator(0, "test"), SHAPE)
    assert values.dtype == np.float32
    assert values.shape == SHAPE
    assert values.mean() == pytest.approx(mean, abs=0.02 * max(stddev, 1e-4))
    assert values.std() == pytest.approx(stddev, rel=0.02, abs=1e-5)


def test_truncation_at_two_standard_deviations() -> None:
    values = TruncatedNormal(0.0, 0.5).draw(generator(0, "test"), (100_000,))
    assert 0.99 < np.abs(values).max() <= 1.0


def test_uniform_stays_within_its_limit() -> None:
    limit = (6 / (9 * 160)) ** 0.5
    values = GLOROT_UNIFORM.draw(generator(0, "test"), SHAPE)
    assert 0.99 * limit < np.abs(values).max() <= limit


def test_initialisers_from_messages() -> None:
    scaling = pb.VarianceScalingInitializer(factor=1.5, mode=pb.VarianceScalingInitializer.FAN_AVG)
    cases = {
        GLOROT_UNIFORM: pb.Initializer(),
        TruncatedNormal(0.0, 1.0): pb.Initializer(truncated_normal_initializer=pb.TruncatedNormalInitializer()),
        RandomNormal(0.0, 0.5): pb.Initializer(
            random_normal_initializer=pb.RandomNormalInitializer(stddev=0.5)
        ),
        VarianceScaling(1.5, FanMode.AVERAGE, uniform=False): pb.Initializer(
            variance_scaling_initializer=scaling
        ),
        BY_NAME["he_normal"]: pb.Initializer(keras_initializer_by_name="he_normal"),
    }
    assert all(initializer_of(message, "here") == expected for expected, message in cases.items())


def test_unknown_initializer_is_rejected() -> None:
    with pytest.raises(ConfigError, match=r"here\.keras_initializer_by_name: 'magic' .*glorot_uniform"):
        initializer_of(pb.Initializer(keras_initializer_by_name="magic"), "here")
