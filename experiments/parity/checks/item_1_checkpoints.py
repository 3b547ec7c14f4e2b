"""Restore the oracle's checkpoints in Sweepbox, and Sweepbox's in the oracle."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from experiments.parity import engine
from experiments.parity.context import MODELS, SMALL_MODELS, Context
from experiments.parity.finding import Finding, largest_absolute, relative_to_largest
from experiments.parity.work import Argument
from sweepbox.detection.checkpoint.object_based import RestoredPart, restore_object_based
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.export.od_api_checkpoint import export_checkpoint
from sweepbox.detection.model.ssd import SsdDetector, build_detector

SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"
TOLERANCE = 1e-4
OTHER_CLASSES = 5
FINE_TUNED = ("detection", "full")
TRAINED = "mobilenet_v2_fpnlite_small"


def submit_runs(context: Context) -> None:
    """Queue the oracle's checkpoints."""
    for name in MODELS:
        context.runs.submit(context.golden_run(name))
    for name in SMALL_MODELS:
        context.submit("classification_checkpoint.py", *_golden(context, name), out="")
    context.submit("training_loop.py", *_training(context), out="")


def check(context: Context) -> Iterator[Finding]:
    """Restore the oracle's checkpoints with every type, then let the oracle restore ours."""
    for name in MODELS:
        folder = context.golden_model(name)
        yield from _restored(name, folder)
        yield from _written(context, name, folder)
    for name in SMALL_MODELS:
        backbone = context.oracle("classification_checkpoint.py", *_golden(context, name), out="")
        part = RestoredPart.CLASSIFICATION
        yield _restore(
            f"{name}: a classifier's backbone", context.golden_model(name), backbone / "ckpt-0", part
        )
    trained = context.oracle("training_loop.py", *_training(context), out="")
    title = f"{TRAINED}: after two steps of the OD API's training loop"
    yield _restore(title, context.golden_model(TRAINED), trained / "ckpt-2", RestoredPart.FULL)


def _restored(name: str, folder: Path) -> Iterator[Finding]:
    """Restore a golden model's checkpoint with the same and with another number of classes."""
    for part in (RestoredPart.FULL, RestoredPart.DETECTION):
        yield _restore(f"{name}: all variables", folder, folder / "ckpt-0", part)
        yield _restore(
            f"{name}: {OTHER_CLASSES} classes", folder, folder / "ckpt-0", part, classes=OTHER_CLASSES
        )


def _restore(
    title: str, folder: Path, prefix: Path, part: RestoredPart, *, classes: int | None = None
) -> Finding:
    """Count a part's restored variables that differ from the file, without a reinitialised class head."""
    config = engine.golden_config(folder)
    if classes is not None:
        config = apply_edits(config, [Edit("model.ssd.num_classes", classes)])
    detector = build_detector(config.model.ssd, seed=1)
    _, summary = restore_object_based(detector.network, prefix, config.model.ssd, part)
    reader = tf.train.load_checkpoint(str(prefix))
    stored_keys = reader.get_variable_to_shape_map()
    differing = 0
    for key, variable in engine.variables_by_key(detector).items():
        if not key.startswith(part.prefix) or key in summary.skipped_keys:
            continue
        stored = part.stored_prefix + key.removeprefix(part.prefix) + SUFFIX
        differing += stored not in stored_keys or not np.array_equal(
            np.asarray(variable), reader.get_tensor(stored)
        )
    if not summary.skipped_keys and summary.restored != summary.expected:
        differing += summary.expected - summary.restored
    return Finding.count(item=1, name=f"{title}, {part}", differing=differing, note=_summary_line(summary))


def _summary_line(summary: object) -> str:
    """Return the summary as one line without the path of the file."""
    line = str(summary)
    before, _, after = line.partition(" from ")
    _, _, rest = after.partition(";")
    return before + (f";{rest}" if rest else "")


def _written(context: Context, name: str, folder: Path) -> Iterator[Finding]:
    """Let the oracle restore a Sweepbox checkpoint, and compare its detections with ours."""
    config = engine.golden_config(folder)
    detector = _perturbed(engine.golden_detector(folder))
    scratch = context.scratch("written")
    ours = engine.checkpoint_folder(detector, config, context.label_map, scratch / "checkpoint")
    prefix = export_checkpoint(ours, scratch / "exported").prefix
    images = ("--images", folder / "golden.npz", "--fine-tune", *FINE_TUNED)
    arguments = ("--config", folder / "pipeline.config", "--checkpoint", prefix, *images)
    with np.load(context.oracle("restored_detections.py", *arguments) / "out.npz") as arrays:
        theirs = dict(arrays)
    golden = engine.golden_arrays(folder, "preprocessed", "true_image_shapes")
    outputs = engine.predictions(detector, golden["preprocessed"])
    found = detector.postprocess(outputs, golden["true_image_shapes"][:, :2])
    boxes = relative_to_largest(outputs["box_encodings"], theirs["box_encodings"])
    logits = relative_to_largest(outputs["class_logits"], theirs["class_predictions_with_background"])
    yield Finding(
        1,
        f"{name}: our checkpoint restored by the OD API: raw outputs",
        max(boxes, logits),
        TOLERANCE,
        "relative to the largest",
        "assert_existing_objects_matched passed",
    )
    for key in ("num_detections", "detection_classes", "detection_boxes", "detection_scores"):
        yield Finding(
            1,
            f"{name}: our checkpoint restored by the OD API: {key}",
            largest_absolute(found[key], theirs[key]),
            TOLERANCE,
            "absolute",
        )
    yield from _fine_tuned(name, detector, theirs)


def _fine_tuned(name: str, detector: SsdDetector, theirs: engine.Arrays) -> Iterator[Finding]:
    """Compare the set of variables that the oracle restores from our checkpoint for fine-tuning."""
    for kind in FINE_TUNED:
        wanted = {key for key in engine.variables_by_key(detector) if key.startswith(RestoredPart(kind).prefix)}
        equal = set(theirs[f"matched/{kind}"].tolist()) == wanted
        title = f"{name}: our checkpoint as the OD API's fine_tune_checkpoint, {kind}"
        yield Finding.exact(item=1, name=title, equal=equal, note=f"{len(wanted)} variables restored")


def _perturbed(detector: SsdDetector) -> SsdDetector:
    """Change every variable slightly, so that our checkpoint differs from the oracle's."""
    draws = np.random.default_rng(5)
    for variable in detector.network.weights:
        values = np.asarray(variable)
        variable.assign(values * draws.uniform(0.98, 1.02, values.shape).astype(np.float32))
    return detector


def _golden(context: Context, name: str) -> tuple[Argument, ...]:
    return ("--golden", context.golden_run(name).output())


def _training(context: Context) -> tuple[Argument, ...]:
    golden = context.golden_run(TRAINED)
    return (
        "--config",
        golden.output("pipeline.config"),
        "--records",
        context.records,
        "--label-map",
        context.label_map,
        "--fine-tune",
        golden.output("ckpt-0"),
        "--type",
        "full",
    )
