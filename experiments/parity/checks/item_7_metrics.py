"""Compare COCO and Pascal VOC metrics of our evaluation and of the OD API's loop for the same checkpoint."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from experiments.parity.context import Context
from experiments.parity.finding import Finding
from experiments.parity.inputs import photograph_records, split_record
from experiments.parity.trained import settings_of, trained_checkpoint, trained_config
from sweepbox.detection.checkpoint.files import WEIGHTS_FILE
from sweepbox.detection.checkpoint.weights import load_weights
from sweepbox.detection.config.load import save_config
from sweepbox.detection.core.metric_names import original_names
from sweepbox.detection.export.od_api_checkpoint import export_checkpoint
from sweepbox.detection.runner import TrainingRun

SCRIPT = "evaluation_loop.py"
TOLERANCE = 1e-4
PHOTOGRAPHS = 86
COCO_BY_CATEGORY = "DetectionBoxes_PerformanceByCategory/mAP/"
PASCAL = "PascalBoxes_"
LOSSES = "Loss/"


def check(context: Context) -> Iterator[Finding]:
    """Evaluate a detector trained on synthetic images, and one trained on photographs if available."""
    yield from _compare(
        context,
        "synthetic images",
        context.record_folder,
        context.record_folder / "train-00000-of-00001.tfrecord",
    )
    photographs = photograph_records(context)
    if photographs is None:
        context.notes.append("No photographs were available; metrics were compared on synthetic images only.")
        return
    context.notes.append(f"Metrics were compared on {PHOTOGRAPHS} photographs in addition to synthetic images.")
    yield from _compare(
        context, f"{PHOTOGRAPHS} photographs", photographs, split_record(photographs, PHOTOGRAPHS)
    )


def _compare(context: Context, title: str, folder: Path, record: Path) -> Iterator[Finding]:
    label_map = folder / "label_map.pbtxt"
    checkpoint = trained_checkpoint(context, folder)
    scratch = context.scratch("metrics")
    prefix = export_checkpoint(checkpoint, scratch / "exported").prefix
    config = scratch / "pipeline.config"
    save_config(trained_config(), config)
    arguments = ("--config", config, "--checkpoint", prefix, "--records", record, "--label-map", label_map)
    context.submit(SCRIPT, *arguments, out="metrics.json")
    run = TrainingRun(settings_of(trained_config(), (record,), label_map, scratch))
    try:
        load_weights(run.detector.network, checkpoint / WEIGHTS_FILE)
        ours = run.evaluate()
    finally:
        run.close()
    theirs = json.loads((context.oracle(SCRIPT, *arguments, out="metrics.json") / "metrics.json").read_text())
    yield from _metrics(title, ours, theirs)


def _metrics(title: str, ours: Mapping[str, float], theirs: dict[str, dict[str, float]]) -> Iterator[Finding]:
    renamed, loop = original_names(ours), theirs["metrics"]
    coco = {name: value for name, value in loop.items() if name.startswith("DetectionBoxes_")}
    note = ", ".join(f"{name.rsplit('/', 1)[1]} {coco[name]:.4f}" for name in list(coco)[:1])
    yield _largest(f"{title}: the twelve COCO metrics", renamed, coco, note)
    by_category = {COCO_BY_CATEGORY + name: value for name, value in theirs["coco_by_category"].items()}
    yield _largest(f"{title}: COCO AP by category", renamed, by_category, _values(theirs["coco_by_category"]))
    by_category_50 = {f"AP@.50/{name}": value for name, value in theirs["coco_by_category_50"].items()}
    yield _largest(
        f"{title}: COCO AP@.50 by category", ours, by_category_50, _values(theirs["coco_by_category_50"])
    )
    expected = theirs["pascal_without_padding"]
    names = {name.rsplit("/", 1)[1]: value for name, value in expected.items()}
    yield _largest(
        f"{title}: Pascal VOC mean and AP by category, without padding rows", renamed, expected, _values(names)
    )
    yield _first_class(title, loop, expected)
    losses = {name: value for name, value in loop.items() if name.startswith(LOSSES)}
    largest = max(abs(renamed[name] - value) / value for name, value in losses.items())
    yield Finding(
        7, f"{title}: mean losses of the evaluation", largest, TOLERANCE, note=f"{len(losses)} losses"
    )


def _largest(name: str, ours: Mapping[str, float], theirs: Mapping[str, float], note: str) -> Finding:
    """Return the largest difference of the metrics; a metric missing on our side raises KeyError."""
    largest = max(abs(ours[metric] - value) for metric, value in theirs.items())
    return Finding(7, name, largest, TOLERANCE, "absolute", note)


def _first_class(title: str, loop: Mapping[str, float], expected: Mapping[str, float]) -> Finding:
    """Return the difference of the OD API's loop from its own evaluator without the padding rows."""
    differences = {name: abs(loop[name] - value) for name, value in expected.items()}
    worst = max(differences, key=lambda name: differences[name])
    note = (
        f"{worst.rsplit('/', 1)[1]}: its loop reports {loop[worst]:.4f}, its own evaluator without the "
        f"padding {expected[worst]:.4f}, as Sweepbox does"
    )
    name = f"{title}: the OD API's Pascal metric counts padding rows as objects of the first class"
    return Finding(7, name, differences[worst], TOLERANCE, "absolute", note, is_context=True)


def _values(metrics: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in metrics.items())
