"""Settings of a training run on generated records, and the choice of the backend before Keras is imported."""

import os
from pathlib import Path

from experiments.benchmarks.workspace import label_map_of, shards_of
from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.backends import VARIABLE, Backend, choose_kernels
from sweepbox.detection.data.records import find_records
from sweepbox.detection.model.precision import Precision
from sweepbox.detection.runner import RunSettings


def choose_backend() -> None:
    """Choose backend and kernels as `sweepbox train` does. Call it before Keras is imported."""
    os.environ.setdefault(VARIABLE, Backend.TENSORFLOW)
    choose_kernels()


def run_settings(
    config: Path, records: Path, *, precision: str = "float32", batch_size: int | None = None, steps: int = 1000
) -> RunSettings:
    """Return the settings without the config's initial weights, so that nothing is downloaded."""
    loaded = load_config(config)
    loaded.train_config.ClearField("fine_tune_checkpoint")
    loaded.train_config.num_steps = steps
    if batch_size is not None:
        loaded.train_config.batch_size = batch_size
    return RunSettings(
        config=loaded,
        train_records=find_records(shards_of(records, "train")),
        validation_records=find_records(shards_of(records, "validation")),
        label_map=load_label_map(Path(label_map_of(records))),
        directory=records,
        precision=Precision(precision),
    )
