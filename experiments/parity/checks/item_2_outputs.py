"""Compare outputs, losses and detections of a small model of every family, from one OD API checkpoint."""

from collections.abc import Iterator
from pathlib import Path

from experiments.parity import engine, families
from experiments.parity.context import Context
from experiments.parity.finding import Finding, largest_absolute, largest_relative, relative_to_largest
from experiments.parity.work import Argument

SCRIPT = "model_golden.py"
TOLERANCE = 1e-4


def submit_runs(context: Context) -> None:
    """Queue the golden model of every family."""
    for family in families.SMALL:
        context.submit(SCRIPT, *_arguments(context, family), out="")


def check(context: Context) -> Iterator[Finding]:
    """Compare the computations of each family's model."""
    for family in families.SMALL:
        yield from _compare(family, context.oracle(SCRIPT, *_arguments(context, family), out=""))


def _compare(family: str, folder: Path) -> Iterator[Finding]:
    golden = engine.golden_arrays(folder)
    detector = engine.golden_detector(folder)
    outputs = engine.predictions(detector, golden["preprocessed"])
    boxes = relative_to_largest(outputs["box_encodings"], golden["infer/box_encodings"])
    logits = relative_to_largest(outputs["class_logits"], golden["infer/class_predictions_with_background"])
    yield Finding(2, f"{family}: raw outputs", max(boxes, logits), TOLERANCE, "relative to the largest")
    anchors = largest_absolute(detector.anchors, golden["anchors"])
    yield Finding(2, f"{family}: anchors", anchors, TOLERANCE, "absolute", f"{len(golden['anchors'])} anchors")
    found = detector.postprocess(outputs, golden["true_image_shapes"][:, :2])
    keys = [key.removeprefix("post/") for key in golden if key.startswith("post/")]
    detections = max(relative_to_largest(found[key], golden[f"post/{key}"]) for key in keys)
    yield Finding(
        2, f"{family}: detections", detections, TOLERANCE, "relative to the largest", f"{len(keys)} outputs"
    )
    yield _losses(family, "infer", engine.losses(detector, outputs, golden), golden)
    training = engine.predictions(detector, golden["preprocessed"], training=True)
    yield _losses(family, "train", engine.losses(detector, training, golden), golden)


def _losses(family: str, mode: str, ours: dict[str, float], golden: engine.Arrays) -> Finding:
    theirs = [float(golden[f"{mode}_loss/{loss}_loss"]) for loss in ours]
    statistics = "batch" if mode == "train" else "moving"
    difference = largest_relative(list(ours.values()), theirs)
    return Finding(2, f"{family}: four losses, {statistics} statistics", difference, TOLERANCE)


def _arguments(context: Context, family: str) -> tuple[Argument, ...]:
    config = families.write_small_config(family, context.folder / "data" / "families")
    return ("--config", config, "--records", context.records, "--seed", "21")
