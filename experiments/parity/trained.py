"""A small detector trained by Sweepbox, so that metrics are compared on real detections."""

import hashlib
import shutil
from pathlib import Path

from experiments.parity.context import ROOT, Context, oracle_run
from experiments.parity.work import OracleRun
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.config.load import load_config
from sweepbox.detection.export.od_api_checkpoint import export_checkpoint
from sweepbox.detection.runner import RunSettings, TrainingRun

CONFIG = ROOT / "experiments" / "configs" / "quickstart.config"
STEPS = 300
TRAINED_MODEL = "trained_fpnlite"


def trained_config() -> pb.TrainEvalPipelineConfig:
    """Return the training config: the quickstart's with half of its steps and both sets of metrics."""
    edits = [Edit("train_config.num_steps", STEPS)]
    edits.append(
        Edit(
            "train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate.total_steps", STEPS
        )
    )
    config = apply_edits(load_config(CONFIG), edits)
    config.eval_config.metrics_set[:] = ["coco_detection_metrics", "pascal_voc_detection_metrics"]
    return config


def trained_checkpoint(context: Context, records: Path) -> Path:
    """Return a Sweepbox checkpoint folder, trained once on the training split of prepared records.

    The checks compare how both sides evaluate it, so a cached checkpoint of an earlier run is equally valid.
    """
    train = sorted(records.glob("train-*.tfrecord"))
    digest = hashlib.sha256(CONFIG.read_bytes() + str(STEPS).encode())
    for path in train:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    folder = context.folder / "trained" / digest.hexdigest()[:16]
    if folder.is_dir():
        return folder / "checkpoint"
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    run = TrainingRun(settings_of(trained_config(), tuple(train), records / "label_map.pbtxt", partial))
    try:
        run.advance(STEPS)
        run.save_weights(partial / "checkpoint")
    finally:
        run.close()
    partial.rename(folder)
    return folder / "checkpoint"


def trained_golden_run(context: Context) -> OracleRun:
    """Return the run that creates a golden model of the trained detector, on two synthetic images."""
    records = context.record_folder
    checkpoint = trained_checkpoint(context, records)
    exported = checkpoint.parent / "exported"
    if not exported.is_dir():
        export_checkpoint(checkpoint, exported)
    weights = ("--config", exported / "pipeline.config", "--checkpoint", exported / "checkpoint" / "ckpt-0")
    return oracle_run("model_golden.py", (*weights, "--records", next(records.glob("train-*.tfrecord"))), "")


def settings_of(
    config: pb.TrainEvalPipelineConfig, records: tuple[Path, ...], label_map: Path, folder: Path
) -> RunSettings:
    """Return the settings of a run that trains and evaluates on the same records."""
    return RunSettings(
        config=config,
        train_records=records,
        validation_records=records,
        label_map=load_label_map(label_map),
        directory=folder / "run",
        cache_directory=folder / "cache",
    )
