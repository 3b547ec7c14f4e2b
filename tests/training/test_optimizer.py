import math

import keras
import numpy as np
import pytest
from google.protobuf import text_format
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError, TrainingError
from sweepbox.detection.training.optimizer import (
    Optimizer,
    OptimizerKind,
    Scalar,
    clip_by_norm,
    optimizer_settings,
)

CONSTANT = "learning_rate { constant_learning_rate { learning_rate: 0.25 } }"
TEXTS = {
    OptimizerKind.MOMENTUM: f"optimizer {{ momentum_optimizer {{ {CONSTANT} momentum_optimizer_value: 0.5}} }}",
    OptimizerKind.ADAM: f"optimizer {{ adam_optimizer {{ {CONSTANT} epsilon: 0.125 }} }}",
    OptimizerKind.RMS_PROP: f"optimizer {{ rms_prop_optimizer {{ {CONSTANT} decay: 0.5 epsilon: 1.0 }} }}",
}


def _config(text: str) -> pb.TrainConfig:
    return text_format.Parse(text, pb.TrainConfig())


def _train(kind: OptimizerKind, gradients: list[float]) -> list[float]:
    """Return the values of one weight, initially 0, after each step."""
    rule = optimizer_settings(_config(TEXTS[kind]))
    weight = keras.Variable([0.0], name="weight")
    optimizer = Optimizer(rule.kind, [weight])
    values = []
    for step, gradient in enumerate(gradients):
        scalars = rule.scalars(step)
        slots = [slot.value for slot in optimizer.slots]
        changes, new_slots = optimizer.step([ops.convert_to_tensor([float(gradient)])], slots, scalars)
        weight.assign(weight + changes[0])
        for slot, value in zip(optimizer.slots, new_slots, strict=True):
            slot.assign(value)
        values.append(float(weight.numpy()[0]))
    return values


def test_momentum_by_hand() -> None:
    # v: -0.25, -0.125 - 0.5, -0.3125
    np.testing.assert_allclose(_train(OptimizerKind.MOMENTUM, [1, 2, 0]), [-0.25, -0.875, -1.1875])


def test_adam_by_hand() -> None:
    weight, first, second, expected = 0.0, 0.0, 0.0, []
    for step, gradient in enumerate([1.0, 2.0, -0.5], start=1):
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        rate = 0.25 * math.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        weight -= rate * first / (math.sqrt(second) + 0.125)
        expected.append(weight)
    np.testing.assert_allclose(_train(OptimizerKind.ADAM, [1.0, 2.0, -0.5]), expected, rtol=1e-6)


def test_rms_prop_decays_the_rate_and_adds_epsilon_inside_the_root() -> None:
    weight, mean_square, velocity, expected = 0.0, 0.0, 0.0, []
    for step, gradient in enumerate([1.0, 2.0, -0.5]):
        mean_square = 0.9 * mean_square + 0.1 * gradient**2
        velocity = 0.9 * velocity + 0.25 / (1 + 0.5 * step) * gradient / math.sqrt(mean_square + 1.0)
        weight -= velocity
        expected.append(weight)
    np.testing.assert_allclose(_train(OptimizerKind.RMS_PROP, [1.0, 2.0, -0.5]), expected, rtol=1e-6)


@pytest.mark.parametrize("kind", list(OptimizerKind))
def test_several_variables_are_updated_independently(kind: OptimizerKind) -> None:
    generator = np.random.default_rng(0)
    shapes = [(2, 3), (), (4,)]
    gradients = [generator.normal(size=shape).astype(np.float32) for shape in shapes]
    variables = [keras.Variable(np.zeros(shape, np.float32), name=f"v{i}") for i, shape in enumerate(shapes)]
    scalars = optimizer_settings(_config(TEXTS[kind])).scalars(0)

    def changes(indices: list[int]) -> list[np.ndarray]:
        optimizer = Optimizer(kind, [variables[i] for i in indices])
        slots = [slot.value for slot in optimizer.slots]
        result, _ = optimizer.step([ops.convert_to_tensor(gradients[i]) for i in indices], slots, scalars)
        return [ops.convert_to_numpy(change) for change in result]

    together = changes([0, 1, 2])
    for index, change in enumerate(together):
        assert change.shape == shapes[index]
        np.testing.assert_allclose(change, changes([index])[0], rtol=1e-6)


@given(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=5), st.floats(0.0078125, 10, width=32))
@settings(deadline=None, max_examples=30)
def test_a_clipped_gradient_keeps_its_direction_and_is_not_longer_than_the_limit(
    values: list[float], limit: float
) -> None:
    gradient = np.array(values, np.float32)
    clipped = ops.convert_to_numpy(clip_by_norm(ops.convert_to_tensor(gradient), ops.convert_to_tensor(limit)))
    norm = float(np.linalg.norm(gradient))
    expected = gradient * min(1.0, limit / norm if norm else 1.0)
    np.testing.assert_allclose(clipped, expected, rtol=1e-5, atol=1e-6)


def test_limit_zero_does_not_clip() -> None:
    gradient = ops.convert_to_tensor(np.array([300.0, 400.0], np.float32))
    clipped = clip_by_norm(gradient, ops.convert_to_tensor(0.0))
    np.testing.assert_array_equal(ops.convert_to_numpy(clipped), [300, 400])


def test_settings_include_clipping_and_regularisation() -> None:
    text = TEXTS[OptimizerKind.MOMENTUM] + " gradient_clipping_by_norm: 10 add_regularization_loss: false"
    scalars = optimizer_settings(_config(text)).scalars(7)
    assert scalars[Scalar.CLIP_NORM] == 10.0
    assert scalars[Scalar.REGULARIZATION] == 0.0
    assert scalars[Scalar.RATE] == 0.25


def test_a_config_without_an_optimizer_is_refused() -> None:
    with pytest.raises(ConfigError, match="momentum_optimizer, adam_optimizer, rms_prop_optimizer"):
        optimizer_settings(_config(""))


def test_state_survives_a_round_trip_and_that_of_another_optimizer_is_refused() -> None:
    shapes = {"a": (2, 2), "b": (3,)}
    variables = [keras.Variable(np.zeros(shape, np.float32), name=name) for name, shape in shapes.items()]
    optimizer = Optimizer(OptimizerKind.ADAM, variables)
    for index, slot in enumerate(optimizer.slots):
        slot.assign(np.arange(7, dtype=np.float32) + index)
    state = optimizer.state()
    optimizer.reset()
    assert not np.any(optimizer.slots[0].numpy())
    optimizer.restore(state)
    np.testing.assert_array_equal(optimizer.slots[1].numpy(), np.arange(7) + 1.0)
    with pytest.raises(TrainingError, match="does not match momentum_optimizer"):
        Optimizer(OptimizerKind.MOMENTUM, variables).restore(state)


def test_the_average_decays_faster_in_the_first_steps() -> None:
    config = _config(TEXTS[OptimizerKind.MOMENTUM])
    config.optimizer.moving_average_decay = 0.3
    rule = optimizer_settings(config)
    weight = keras.Variable([1.0], name="weight")
    optimizer = Optimizer(rule.kind, [weight], average=True)
    average, decays = 1.0, []
    for step in range(5):
        scalars = rule.scalars(step)
        slots = [slot.value for slot in optimizer.slots]
        changes, new_slots = optimizer.step(
            [ops.convert_to_tensor([1.0])], slots, scalars, weights=[weight.value]
        )
        weight.assign(weight + changes[0])
        for slot, value in zip(optimizer.slots, new_slots, strict=True):
            slot.assign(value)
        decay = min(0.3, (2 + step) / (11 + step))
        decays.append(decay)
        average = decay * average + (1 - decay) * float(weight.numpy()[0])
        assert float(optimizer.slots[-1].numpy()[0]) == pytest.approx(average, rel=1e-6)
    assert decays == pytest.approx([2 / 11, 3 / 12, 0.3, 0.3, 0.3])


def test_swapping_sets_the_variables_to_their_averages_and_back() -> None:
    variables = [keras.Variable([[1.0, 2.0]], name="a"), keras.Variable([3.0], name="b")]
    optimizer = Optimizer(OptimizerKind.MOMENTUM, variables, average=True)
    np.testing.assert_array_equal(optimizer.slots[-1].numpy(), [1, 2, 3])
    optimizer.slots[-1].assign(np.array([4, 5, 6], np.float32))
    optimizer.swap_average()
    np.testing.assert_array_equal(variables[0].numpy(), [[4, 5]])
    np.testing.assert_array_equal(variables[1].numpy(), [6])
    np.testing.assert_array_equal(optimizer.state()["average:a"], [[1, 2]])
    optimizer.swap_average()
    np.testing.assert_array_equal(variables[0].numpy(), [[1, 2]])
    np.testing.assert_array_equal(optimizer.slots[-1].numpy(), [4, 5, 6])
