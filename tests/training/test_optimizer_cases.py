"""Every optimizer with every schedule compared with the Object Detection API (tests/golden/README.md)."""

from pathlib import Path

import keras
import numpy as np
import pytest
from google.protobuf import text_format
from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.training.optimizer import Optimizer, Scalar, optimizer_settings

with np.load(Path(__file__).parents[1] / "golden" / "optimizer_cases.npz") as arrays:
    GOLDEN = dict(arrays)
NAMES = GOLDEN["names"].tolist()


@pytest.mark.parametrize("name", NAMES)
def test_weights_and_averages_equal_the_golden(name: str) -> None:
    case = NAMES.index(name)
    config = text_format.Parse(f"optimizer {{ {GOLDEN['config'][case]} }}", pb.TrainConfig())
    rule = optimizer_settings(config)
    first = [GOLDEN[f"first/{index}"] for index in range(2)]
    variables = [keras.Variable(value, name=f"w{index}") for index, value in enumerate(first)]
    average = config.optimizer.use_moving_average
    optimizer = Optimizer(rule.kind, variables, average=average)
    remembered = 1.0
    for step in range(GOLDEN["gradients/0"].shape[0]):
        gradients = [ops.convert_to_tensor(GOLDEN[f"gradients/{index}"][step]) for index in range(2)]
        slots = [slot.value for slot in optimizer.slots]
        scalars = rule.scalars(step)
        weights = [variable.value for variable in variables]
        changes, new_slots = optimizer.step(gradients, slots, scalars, weights=weights)
        for variable, change in zip(variables, changes, strict=True):
            variable.assign(variable + change)
        for slot, value in zip(optimizer.slots, new_slots, strict=True):
            slot.assign(value)
        remembered *= float(scalars[Scalar.AVERAGE_DECAY])
        state = optimizer.state()
        for index, variable in enumerate(variables):
            wanted = GOLDEN[f"weights/{index}"][case, step]
            np.testing.assert_allclose(variable.numpy(), wanted, rtol=1e-4, atol=1e-5, err_msg=f"step {step}")
            if average:
                # The golden average starts from zero, ours from the initial weights.
                wanted = GOLDEN[f"averages/{index}"][case, step] + remembered * first[index]
                np.testing.assert_allclose(state[f"average:{variable.path}"], wanted, rtol=1e-4, atol=1e-5)
