"""Write the losses of consecutive training steps from a checkpoint on one fixed batch, and their stability.

Usage: python trajectory.py --golden model_X --out trajectory.npz [--steps 20] [--only momentum adam] [--no-repeat]

`--golden` holds `pipeline.config`, `ckpt-0` and `golden.npz` (`preprocessed`, `true_image_shapes`, `gt_*`), as
`model_golden.py` writes them, for any size. Every case is run from the checkpoint, again from the checkpoint (equal
losses show that the program is deterministic; skipped with --no-repeat), and from weights perturbed by a relative 1e-7.
If the losses of the last run differ by more than float32 rounding explains, the trajectory is chaotic and not suitable
for comparing implementations.

Writes `names`, and for each `NAME/optimizer` (proto text), `NAME/clip` (norm, 0: off), `NAME/frozen` (whether
freeze_batchnorm was set), `NAME/{localization,classification,regularization,total}_loss` `[steps]`, the same under
`NAME/perturbed/`, and `NAME/weight_change` (the norm of each variable's change in the first step, including batch-norm
statistics) in the order of `keys`.
"""

import argparse
import json
import os
import time

T0 = time.time()
import compat  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from google.protobuf import text_format  # noqa: E402
from models import build_model, named_variables, phase, restore  # noqa: E402
from object_detection import model_lib_v2  # noqa: E402
from object_detection.builders import optimizer_builder  # noqa: E402
from object_detection.protos import optimizer_pb2  # noqa: E402

PERTURBATION = 1e-7
PLAIN = " use_moving_average: false"


def constant(rate):
    """Proto text of a constant schedule."""
    return f"learning_rate {{ constant_learning_rate {{ learning_rate: {rate} }} }}"


def cosine(base, first, warmup, total):
    """Proto text of a cosine schedule."""
    return (
        f"learning_rate {{ cosine_decay_learning_rate {{ learning_rate_base: {base} total_steps: {total}"
        f" warmup_learning_rate: {first} warmup_steps: {warmup} }} }}"
    )


def momentum(schedule):
    """Proto text of momentum 0.9."""
    return f"momentum_optimizer {{ momentum_optimizer_value: 0.9 {schedule} }}{PLAIN}"


def adam(schedule, epsilon=""):
    """Proto text of Adam."""
    return f"adam_optimizer {{ {epsilon} {schedule} }}{PLAIN}"


SPECS = {  # name: (optimizer, clipping norm, freeze_batchnorm)
    "fast_momentum": (momentum(cosine(0.02, 0.005, 3, 50)), 0.0, False),
    "fast_adam": (adam(constant(0.0005), "epsilon: 1e-7"), 0.0, False),
    "momentum": (momentum(cosine(5e-8, 2e-8, 5, 40)), 0.0, False),
    "momentum_clip": (momentum(constant(1e-5)), 1.0, False),
    "adam": (adam(constant(2e-7)), 0.0, False),
    "rms_prop": (f"rms_prop_optimizer {{ {constant(1e-6)} }}{PLAIN}", 0.0, False),
    "frozen_momentum": (momentum(constant(1e-5)), 1.0, True),
    "frozen_adam": (adam(constant(2e-7)), 0.0, True),
    "usual_momentum": (momentum(constant(1e-4)), 0.0, False),
    "usual_adam": (adam(constant(3e-5), "epsilon: 1e-7"), 0.0, False),
}
"""The rates of the `fast_` cases are much too high for networks with random weights; the `usual_` cases are for
trained networks."""


class Trajectory:
    """One model and one optimizer; each run starts from the checkpoint."""

    def __init__(self, model, golden, arrays, spec):
        self.model, self.prefix = model, os.path.join(golden, "ckpt-0")
        self.named = named_variables(model)
        text, clip, _ = spec
        self.step = tf.Variable(0, dtype=tf.int64)
        message = text_format.Parse(text, optimizer_pb2.Optimizer())
        self.optimizer, _ = optimizer_builder.build(message, global_step=self.step)
        features = {"image": arrays["preprocessed"], "true_image_shape": arrays["true_image_shapes"]}
        labels = {
            f"groundtruth_{k}": arrays[key]
            for k, key in (("boxes", "gt_boxes"), ("classes", "gt_classes_onehot"), ("weights", "gt_weights"))
        }
        boxes = labels["groundtruth_boxes"].shape
        labels["num_groundtruth_boxes"] = tf.constant([boxes[1]] * boxes[0], tf.int32)

        @tf.function
        def one():
            losses = model_lib_v2.eager_train_step(
                model,
                dict(features),
                dict(labels),
                False,
                self.optimizer,
                training_step=0,
                clip_gradients_value=clip or None,
            )
            self.step.assign_add(1)
            return losses

        self.one = one
        restore(model, self.prefix)
        one()  # traces the step and creates the slots

    def reset(self, perturbation):
        """Restore the checkpoint, multiply each weight by 1 + perturbation * U(-1, 1), and set the slots to zero."""
        restore(self.model, self.prefix)
        rng = np.random.RandomState(0)
        for key in sorted(self.named) if perturbation else ():
            v = self.named[key]
            v.assign(v * (1 + np.float32(perturbation) * rng.uniform(-1, 1, v.shape.as_list()).astype("f4")))
        for v in self.optimizer.variables():
            v.assign(tf.zeros_like(v))
        self.step.assign(0)

    def run(self, steps, perturbation=0.0):
        """({loss: [steps]}, {key: norm of its change in the first step})."""
        self.reset(perturbation)
        before, rows, change = {k: v.numpy() for k, v in self.named.items()}, [], {}
        for _ in range(steps):
            rows.append({k.split("/")[-1]: float(v) for k, v in self.one().items() if k.endswith("_loss")})
            change = change or {
                k: np.linalg.norm((v.numpy() - before[k]).ravel()) for k, v in self.named.items()
            }
        return {k: np.array([r[k] for r in rows], "f4") for k in rows[0]}, change


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--golden", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--steps", type=int, default=20)
    p.add_argument("--only", nargs="*", default=["momentum", "adam"], choices=list(SPECS))
    p.add_argument("--no-repeat", action="store_true")
    a = p.parse_args()
    config = compat.load_pipeline(os.path.join(a.golden, "pipeline.config"))
    with np.load(os.path.join(a.golden, "golden.npz")) as golden:
        arrays = {
            k: tf.constant(golden[k]) for k in golden if k.startswith(("preprocessed", "true_image", "gt_"))
        }
    images = [tf.constant(arrays[k]) for k in ("preprocessed", "true_image_shapes")]
    out, report, models = {"names": np.array(a.only)}, {}, {}
    for name in a.only:
        started, frozen = time.time(), SPECS[name][2]
        if frozen not in models:
            config.model.ssd.freeze_batchnorm = frozen
            models[frozen] = build_model(config, *images)
        phase(models[frozen], True)
        trajectory = Trajectory(models[frozen], a.golden, arrays, SPECS[name])
        base, change = trajectory.run(a.steps)
        again = base if a.no_repeat else trajectory.run(a.steps)[0]
        moved, _ = trajectory.run(a.steps, PERTURBATION)
        keys = sorted(change)
        out |= {
            "keys": np.array(keys),
            f"{name}/optimizer": np.array(SPECS[name][0]),
            f"{name}/clip": np.float32(SPECS[name][1]),
            f"{name}/frozen": np.array(frozen),
            f"{name}/weight_change": np.array([change[k] for k in keys], "f4"),
        }
        out |= {f"{name}/{k}": v for k, v in base.items()} | {
            f"{name}/perturbed/{k}": v for k, v in moved.items()
        }
        report[name] = {
            "seconds": round(time.time() - started),
            "total": [float(base["total_loss"][i]) for i in (0, -1)],
        }
        report[name] |= {k: float(f"{np.max(np.abs(moved[k] / base[k] - 1)):.1e}") for k in base}
        report[name]["repeat"] = float(max(np.max(np.abs(again[k] / base[k] - 1)) for k in base))
        print(name, json.dumps(report[name]), flush=True)
        compat.save_arrays(a.out, out)
    print(json.dumps({"seconds": round(time.time() - T0), **report}))


if __name__ == "__main__":
    main()
