"""Training on carried images with JAX: the options that its scripts share, and the run's settings."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

JAX_ON_GPU = {
    "KERAS_BACKEND": "jax",
    "CUDA_VISIBLE_DEVICES": "0",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    "XLA_CLIENT_MEM_FRACTION": "0.92",
}
"""The environment of a process of ours: the first device, nearly all of its memory, taken as it is needed."""


def on_gpu() -> None:
    """Fit this process to the device; to be called before Keras is loaded."""
    os.environ |= JAX_ON_GPU


def add_options(parser: argparse.ArgumentParser, config: Path | None = None) -> None:
    """Add what decides a run beside its batch size: config, images, precision and changes of the config."""
    parser.add_argument("--config", type=Path, default=config, required=config is None)
    parser.add_argument("--carried", type=Path, required=True, help="the folder of the decoded images")
    parser.add_argument("--precision", default="bfloat16")
    parser.add_argument("--set", action="append", metavar="PATH=VALUE", help="change the config")


def carried_settings(
    options: argparse.Namespace,
    directory: Path,
    *,
    steps: int,
    batch_size: int,
    evaluations: int = 10,
    weights: Path | None = None,
    changes: Sequence[str] = (),
) -> Any:
    """Return the settings of a run on carried images; `changes` follow those of the command line."""
    from sweepbox.detection.config.edits import Edit, apply_edits, parse_edit
    from sweepbox.detection.config.label_map import LABEL_MAP_FILE, load_label_map
    from sweepbox.detection.config.load import load_config
    from sweepbox.detection.model.precision import Precision
    from sweepbox.detection.runner import RunSettings
    from sweepbox.detection.runner.decoded_cache import TRAIN_FILE, VALIDATION_FILE

    label_map = load_label_map(options.carried / LABEL_MAP_FILE)
    sizes = [Edit("num_steps", steps), Edit("batch_size", batch_size)]
    edits = [*sizes, *(parse_edit(text) for text in (*(options.set or ()), *changes))]
    config = apply_edits(load_config(options.config), edits)
    config.train_config.ClearField("fine_tune_checkpoint")
    config.model.ssd.num_classes = label_map.num_classes
    return RunSettings(
        config=config,
        train_records=(options.carried / TRAIN_FILE,),
        validation_records=(options.carried / VALIDATION_FILE,),
        label_map=label_map,
        directory=directory,
        precision=Precision(options.precision),
        metric="mAP@.50",
        evaluate_every=-(-steps // evaluations),
        initial_weights=None if weights is None else str(weights),
    )
