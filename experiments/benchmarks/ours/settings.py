"""The settings of a training run on generated records, and what its process takes before it loads Keras."""

import os
from pathlib import Path

from experiments.benchmarks.workspace import labels, parts
from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.backends import VARIABLE, Backend, choose_kernels
from sweepbox.detection.data.records import find_records
from sweepbox.detection.model.precision import Precision
from sweepbox.detection.runner import RunSettings


def begin() -> None:
    """Choose backend and kernels as `sweepbox train` does; to be called before Keras is loaded."""
    os.environ.setdefault(VARIABLE, Backend.TENSORFLOW)
    choose_kernels()


def run_settings(
    config: Path, records: Path, *, precision: str = "float32", batch_size: int | None = None, steps: int = 1000
) -> RunSettings:
    """Return the settings; the config's initial weights are left out, so that nothing is downloaded."""
    loaded = load_config(config)
    loaded.train_config.ClearField("fine_tune_checkpoint")
    loaded.train_config.num_steps = steps
    if batch_size is not None:
        loaded.train_config.batch_size = batch_size
    return RunSettings(
        config=loaded,
        train_records=find_records(parts(records, "train")),
        validation_records=find_records(parts(records, "validation")),
        label_map=load_label_map(Path(labels(records))),
        directory=records,
        precision=Precision(precision),
    )
