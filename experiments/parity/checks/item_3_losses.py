"""Compare losses, gradients and moving statistics of one batch from one checkpoint."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from experiments.parity import engine
from experiments.parity.context import MODELS, Context
from experiments.parity.finding import Finding, largest_relative, relative_to_largest
from experiments.parity.trained import TRAINED_MODEL, trained_golden_run
from experiments.parity.work import OracleRun
from sweepbox.detection.model.ssd import SsdDetector

TOLERANCE = 1e-4
GRADIENT_TOLERANCE = 1e-3


def submit_runs(context: Context) -> None:
    """Queue the golden models."""
    for run in _runs(context).values():
        context.runs.submit(run)


def check(context: Context) -> Iterator[Finding]:
    """Compare each golden model's loss terms in inference and in training mode, then its gradients."""
    for name, run in _runs(context).items():
        folder = context.runs.result(run)
        golden = engine.golden_arrays(folder)
        detector = engine.golden_detector(folder)
        for mode in ("infer", "train"):
            outputs = engine.predictions(detector, golden["preprocessed"], training=mode == "train")
            ours = engine.losses(detector, outputs, golden)
            theirs = {loss: float(golden[f"{mode}_loss/{loss}_loss"]) for loss in ours}
            yield Finding(
                3,
                f"{name}: four losses, {'batch' if mode == 'train' else 'moving'} statistics",
                largest_relative(list(ours.values()), list(theirs.values())),
                TOLERANCE,
                note=", ".join(f"{loss} {value:.4g}" for loss, value in theirs.items()),
            )
        yield from _gradients(name, engine.golden_detector(folder), golden)


def _runs(context: Context) -> dict[str, OracleRun]:
    """Return the golden models: some with random weights, and a detector that Sweepbox trained."""
    random = {name: context.golden_run(name) for name in MODELS}
    return random | {TRAINED_MODEL: trained_golden_run(context)}


def _gradients(name: str, detector: SsdDetector, golden: engine.Arrays) -> Iterator[Finding]:
    variables = engine.variables_by_key(detector)
    watched = [variables[key].value for key in golden["grad/keys"]]
    with tf.GradientTape() as tape:
        outputs = engine.predictions(detector, golden["preprocessed"], training=True)
        classes = golden["gt_classes_onehot"].argmax(axis=2).astype(np.int32)
        total = detector.losses(outputs, golden["gt_boxes"], classes, golden["gt_weights"])["total"]
    norms = [float(np.linalg.norm(np.asarray(g, np.float64))) for g in tape.gradient(total, watched)]
    yield Finding(
        3,
        f"{name}: norms of the gradients",
        relative_to_largest(norms, golden["grad/norm"]),
        GRADIENT_TOLERANCE,
        "relative to the largest",
        f"{len(norms)} variables",
    )
    moving = [np.asarray(variables[key]) for key in golden["moving_after_one_forward/keys"]]
    yield Finding(
        3,
        f"{name}: moving statistics after one step",
        largest_relative(
            [values.mean() for values in moving], golden["moving_after_one_forward/mean"], floor=0.1
        ),
        TOLERANCE,
        "relative, denominator at least 0.1",
        f"means of {len(moving)} variables",
    )
