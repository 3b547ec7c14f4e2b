"""Compare losses, hard-example mining, unusual ground truth, optimizers and schedules one at a time."""

from collections import defaultdict
from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from keras import ops

from experiments.parity.context import Context
from experiments.parity.engine import Arrays
from experiments.parity.finding import Finding, largest_relative
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.model.box_coder import BoxCoder
from sweepbox.detection.model.losses import DetectionLoss
from sweepbox.detection.model.targets import TargetAssigner
from sweepbox.detection.model.values import dynamic_values
from sweepbox.detection.training.optimizer import Optimizer, Scalar, optimizer_settings

LOSSES, OPTIMIZERS = "loss_cases.py", "optimizer_cases.py"
KINDS = ("smooth", "l2", "focal", "sigmoid", "softmax", "logits", "bootstrap", "miner")
LOSS_TOLERANCE = 1e-4
GRADIENT_TOLERANCE = 1e-3
STEP_TOLERANCE = 1e-4


def submit_runs(context: Context) -> None:
    """Queue the oracle's scripts."""
    for script in (LOSSES, OPTIMIZERS):
        context.submit(script)


def check(context: Context) -> Iterator[Finding]:
    """Compare losses with their gradients, and weights after each step."""
    with np.load(context.oracle(LOSSES) / "out.npz") as arrays:
        yield from _losses(dict(arrays))
    with np.load(context.oracle(OPTIMIZERS) / "out.npz") as arrays:
        yield from _optimizers(dict(arrays))


def _losses(theirs: Arrays) -> Iterator[Finding]:
    worst: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row, name in enumerate(theirs["names"].tolist()):
        losses, gradients = _measured(theirs, row)
        wanted = np.stack([theirs[f"{key}_gradient"][row] for key in ("codes", "logits")])
        value = largest_relative(losses, theirs["losses"][row], floor=1e-6)
        slope = largest_relative(gradients, wanted, floor=0.05)
        kind = name.split("_")[0]
        worst[kind if kind in KINDS else "matcher and ground truth"].append((value, slope))
    for kind, differences in worst.items():
        values, slopes = (max(column) for column in zip(*differences, strict=True))
        note = f"{len(differences)} cases"
        yield Finding(3, f"loss cases {kind}: values", values, LOSS_TOLERANCE, note=note)
        yield Finding(
            3,
            f"loss cases {kind}: gradients",
            slopes,
            GRADIENT_TOLERANCE,
            "relative, denominator at least 0.05",
            note,
        )


def _measured(theirs: Arrays, row: int) -> tuple[list[float], np.ndarray]:
    """Return our two losses of a case, and their absolute gradients summed over columns."""
    ssd = pb.Ssd(num_classes=3, feature_extractor=pb.SsdFeatureExtractor(type="ssd_resnet50_v1_fpn_keras"))
    ssd.box_coder.faster_rcnn_box_coder.SetInParent()
    text_format.Merge(str(theirs["ssd"][row]), ssd)
    values, coder = dynamic_values(ssd), BoxCoder.of(ssd.box_coder.faster_rcnn_box_coder)
    boxes, classes, weights, annotated = (
        theirs[f"truth/{theirs['truth'][row]}/{key}"]
        for key in ("boxes", "class_ids", "weights", "is_annotated")
    )
    predicted = f"predictions/{theirs['predictions'][row]}"
    codes = tf.constant(theirs[f"{predicted}/codes"])
    logits = tf.constant(theirs[f"{predicted}/logits"][..., 0 if ssd.add_background_class else 1 :])
    with tf.GradientTape() as tape:
        tape.watch([codes, logits])
        targets = TargetAssigner.of(ssd, values, coder)(theirs["anchors"], boxes, classes, weights)
        losses = DetectionLoss.of(ssd, values)(
            codes, logits, targets, theirs["anchors"], is_annotated=annotated
        )
        total = tf.reduce_sum(losses)
    gradients = tape.gradient(total, [codes, logits], unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return [float(loss[0]) for loss in losses], np.stack([np.abs(g.numpy()).sum(axis=-1) for g in gradients])


def _optimizers(theirs: Arrays) -> Iterator[Finding]:
    weights, averages = [], []
    for case in range(len(theirs["names"])):
        ours, means = _steps(theirs, case)
        weights.append(largest_relative(ours, theirs["weights/0"][case], floor=0.1))
        if np.isfinite(theirs["averages/0"][case]).all():
            averages.append(largest_relative(means, theirs["averages/0"][case], floor=0.1))
    note = "every optimizer under every schedule, 40 steps"
    yield Finding(3, "optimizers: weights after each step", max(weights), STEP_TOLERANCE, note=note)
    note = "ours start from the initial weights, the OD API's from zero; their remaining share is subtracted"
    yield Finding(3, "optimizers: moving averages", max(averages), STEP_TOLERANCE, note=note)


def _steps(theirs: Arrays, case: int) -> tuple[np.ndarray, np.ndarray]:
    """Return after each step a weight, and its average minus the remaining share of its initial value."""
    config = text_format.Parse(f"optimizer {{ {theirs['config'][case]} }}", pb.TrainConfig())
    rule, first = optimizer_settings(config), theirs["first/0"]
    variable = keras.Variable(first)
    optimizer = Optimizer(rule.kind, [variable], average=True)
    share, weights, averages = 1.0, [], []
    for step, gradient in enumerate(theirs["gradients/0"]):
        scalars = rule.scalars(step)
        slots = [slot.value for slot in optimizer.slots]
        change, slots = optimizer.step(
            [ops.convert_to_tensor(gradient)], slots, scalars, weights=[variable.value]
        )
        variable.assign(variable + change[0])
        for slot, value in zip(optimizer.slots, slots, strict=True):
            slot.assign(value)
        share *= float(scalars[Scalar.AVERAGE_DECAY])
        weights.append(variable.numpy())
        averages.append(optimizer.slots[-1].numpy() - share * first)
    return np.stack(weights), np.stack(averages)
