"""Build, train, evaluate, export and call the ten published configs at their full size."""

import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from experiments.parity import families
from experiments.parity.context import Context
from experiments.parity.finding import Finding
from experiments.parity.inputs import few_records
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.config.load import load_config
from sweepbox.detection.export.saved_model import export_detector
from sweepbox.detection.runner import RunSettings, TrainingRun

OUTPUTS = 8


def check(context: Context) -> Iterator[Finding]:
    """Use each config as a user would, on two images; count values that are missing or not finite."""
    folder = families.write_configs(context.folder / "data" / "published")
    for path in sorted(folder.glob("*.config")):
        started = time.monotonic()
        problems = _use(context, path)
        yield Finding.count(
            item=2,
            name=f"{path.stem}: one training step, evaluation, export",
            differing=len(problems),
            note=", ".join(problems) or f"{time.monotonic() - started:.0f} s",
        )


def _use(context: Context, path: Path) -> list[str]:
    """Return the problems found."""
    scratch = context.scratch("use")
    records = few_records(context)
    label_map = load_label_map(context.label_map)
    settings = RunSettings(
        config=_config(path, label_map.num_classes),
        train_records=(records,),
        validation_records=(records,),
        label_map=label_map,
        directory=scratch / "run",
        cache_directory=scratch / "cache",
    )
    run = TrainingRun(settings)
    try:
        summary = run.advance(1)
        metrics = run.evaluate()
        run.save_weights(scratch / "checkpoint")
    finally:
        run.close()
    problems = [f"loss {name}" for name, value in summary.losses.items() if not math.isfinite(value)]
    problems += [f"metric {name}" for name, value in metrics.items() if not math.isfinite(value)]
    exported = export_detector(scratch / "checkpoint", scratch / "export")
    model = tf.saved_model.load(str(exported.saved_model))
    outputs = model(tf.zeros([1, 200, 300, 3], tf.uint8))
    missing = OUTPUTS - len(outputs)
    problems += [f"{missing} outputs missing"] if missing else []
    return problems + [f"output {name}" for name, value in outputs.items() if not np.isfinite(value).all()]


def _config(path: Path, classes: int) -> pb.TrainEvalPipelineConfig:
    """Return the config with the records' number of classes and batch size 1."""
    edits = [Edit("model.ssd.num_classes", classes), Edit("train_config.batch_size", 1)]
    return apply_edits(load_config(path), [*edits, Edit("train_config.num_steps", 10)])
