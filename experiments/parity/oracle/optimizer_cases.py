"""Write the weights and their averages after each step, for every optimizer with every kind of schedule.

Usage: python optimizer_cases.py --out optimizer_cases.npz

Two weights `[7]` and `[2, 3]` start at `first/0`, `first/1`; the gradients of step s are `gradients/0` `[steps, 7]` and
`gradients/1` `[steps, 2, 3]`. Writes, in the order of `names`: `config` (optimizer proto texts), `weights/0`, `weights/1`
`[cases, steps, …]`: the weights after each step, and `averages/0`, `averages/1`: their averages if use_moving_average
is set, NaN otherwise.
"""

import argparse
import json
import time

T0 = time.time()
import compat  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from google.protobuf import text_format  # noqa: E402
from object_detection.builders import optimizer_builder  # noqa: E402
from object_detection.protos import optimizer_pb2  # noqa: E402

STEPS = 40
SCHEDULES = {
    "constant": "constant_learning_rate { learning_rate: 0.05 }",
    "exponential": "exponential_decay_learning_rate { initial_learning_rate: 0.1 decay_steps: 7 decay_factor: 0.7"
    " burnin_steps: 4 burnin_learning_rate: 0.02 min_learning_rate: 0.03 }",
    "exponential_smooth": "exponential_decay_learning_rate { initial_learning_rate: 0.1 decay_steps: 7 decay_factor: 0.7"
    " staircase: false }",
    "manual": "manual_step_learning_rate { initial_learning_rate: 0.01 schedule { step: 6 learning_rate: 0.1 }"
    " schedule { step: 20 learning_rate: 0.02 } }",
    "manual_warmup": "manual_step_learning_rate { initial_learning_rate: 0.01 schedule { step: 6 learning_rate: 0.1 }"
    " schedule { step: 20 learning_rate: 0.02 } warmup: true }",
    "cosine": "cosine_decay_learning_rate { learning_rate_base: 0.1 total_steps: 30 warmup_learning_rate: 0.02"
    " warmup_steps: 5 hold_base_rate_steps: 6 }",
}
OPTIMIZERS = {
    "momentum": "momentum_optimizer { momentum_optimizer_value: 0.8 learning_rate { %s } }",
    "adam": "adam_optimizer { learning_rate { %s } }",
    "adam_epsilon": "adam_optimizer { epsilon: 0.1 learning_rate { %s } }",
    "rms_prop": "rms_prop_optimizer { learning_rate { %s } }",
    "rms_prop_small": "rms_prop_optimizer { decay: 0.1 epsilon: 0.01 momentum_optimizer_value: 0.5 learning_rate { %s } }",
}


def configs():
    """(name, optimizer proto text)."""
    for optimizer, text in OPTIMIZERS.items():
        for schedule, rate in SCHEDULES.items():
            yield f"{optimizer}_{schedule}", f"{text % rate} use_moving_average: false"
    for decay in (0.2, 0.9999):
        yield (
            f"average_{decay}",
            f"{OPTIMIZERS['momentum'] % SCHEDULES['cosine']} moving_average_decay: {decay}",
        )


class Weights(tf.keras.Model):
    """A model of the two weights, which the moving average requires."""

    def __init__(self, first):
        super().__init__()
        self.values = [self.add_weight(name=f"w{i}", shape=value.shape) for i, value in enumerate(first)]


def run(text, first, gradients):
    """Weights and averages after each step."""
    model, step = Weights(first), tf.Variable(0, dtype=tf.int64)
    for variable, value in zip(model.values, first, strict=True):
        variable.assign(value)
    optimizer, _ = optimizer_builder.build(text_format.Parse(text, optimizer_pb2.Optimizer()), global_step=step)
    averaged = hasattr(optimizer, "shadow_copy")
    if averaged:
        optimizer.shadow_copy(model)
    rows = []
    for index in range(STEPS):
        optimizer.apply_gradients(
            [(tf.constant(g[index]), v) for g, v in zip(gradients, model.values, strict=True)]
        )
        step.assign_add(1)
        row = [v.numpy() for v in model.values]
        means = [
            optimizer.get_slot(v, "average").numpy() if averaged else v.numpy() * np.nan for v in model.values
        ]
        rows.append(row + means)
    return [np.stack(column) for column in zip(*rows, strict=True)]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--out", required=True)
    a = p.parse_args()
    compat.quiet()
    rng = np.random.RandomState(11)
    first = [rng.normal(0, 1, shape).astype("f4") for shape in ((7,), (2, 3))]
    gradients = [rng.normal(0, 1, (STEPS, *value.shape)).astype("f4") for value in first]
    gradients[0][:, 0] = 0
    names, texts, results = [], [], []
    for name, text in configs():
        names.append(name)
        texts.append(text)
        results.append(run(text, first, gradients))
    columns = [np.stack(column) for column in zip(*results, strict=True)]
    out = {"names": np.array(names), "config": np.array(texts)}
    for i in range(2):
        out |= {
            f"first/{i}": first[i],
            f"gradients/{i}": gradients[i],
            f"weights/{i}": columns[i],
            f"averages/{i}": columns[2 + i],
        }
    compat.save_arrays(a.out, out)
    print(json.dumps({"cases": len(names), "seconds": round(time.time() - T0, 1)}))


if __name__ == "__main__":
    main()
