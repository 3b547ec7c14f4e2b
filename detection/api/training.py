"""One training run, from a config and records to the best checkpoint."""

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sweepbox.detection.core.files import StrPath
from sweepbox.detection.runner.request import DEFAULT_METRIC, TrainRequest

if TYPE_CHECKING:
    from sweepbox.detection.config.fields import Scalar
    from sweepbox.detection.runner.loop import Report, TrainResult


logger = logging.getLogger(__name__)


def train(
    config: StrPath,
    data: StrPath | None,
    out: StrPath,
    *,
    set: "Mapping[str, Scalar | None] | None" = None,  # noqa: A002 - the option's name in sweep files and commands
    seed: int = 0,
    precision: str = "float32",
    backend: str | None = None,
    evaluate_every: int | None = None,
    metric: str = DEFAULT_METRIC,
    initial_weights: StrPath | None = None,
    cache: StrPath | None = None,
    resume: bool = False,
    profile: bool = False,
    log_images: int = 0,
    progress: "Callable[[Report], None] | None" = None,
) -> "TrainResult":
    """Train one detector and keep the checkpoint with the best metric.

    Ctrl-C saves the state and raises KeyboardInterrupt; `resume=True` then continues to the same weights as
    without the interruption.

    Args:
        config: The pipeline.config to train.
        data: The folder that `prepare` wrote; None for the records that the config's input readers name.
        out: The run's folder: new, or with `resume` that of an interrupted run. It gets pipeline.config,
            label_map.pbtxt, run.json, best/ (what `export` reads), last/, metrics.jsonl and tensorboard/.
        set: Changes to the config, by path or short name; None clears a field.
        seed: The same seed gives the same weights and data order.
        precision: `float32`, `bfloat16`, or `auto`: the one that is measured to be faster here.
        backend: `tensorflow` or `jax`; None for the backend that Keras has in this process.
        evaluate_every: Steps between evaluations; None for ten evaluations.
        metric: The reported metric that decides which checkpoint is the best.
        initial_weights: A file of backbone weights, an Object Detection API checkpoint, or `imagenet`.
        cache: The folder for decoded images and starting weights; None for beside the records.
        resume: Continue the interrupted run in `out`; with another `num_steps`, a finished one, too.
        profile: Measure where a step's time goes.
        log_images: How many annotated validation images each evaluation logs for TensorBoard.
        progress: Called after every step, validation batch and evaluation.

    Returns:
        The run's folder, its last metrics, and the step and metrics of the best checkpoint.

    Raises:
        ConfigError: The config or a change to it is malformed or not supported.
        DataError: The records are missing or damaged.
        UsageError: `out` is not empty, or the metric, precision or backend does not exist.

    Example:
        >>> result = sb.train("pipeline.config", "records", "runs/one", set={"num_steps": 4, "batch_size": 2})
        >>> result.step
        4
        >>> sorted(path.name for path in result.directory.iterdir())[:2]
        ['best', 'label_map.pbtxt']
    """
    from sweepbox.detection.config.edits import Edit
    from sweepbox.detection.data.dataset.remote import local_data

    request = TrainRequest(
        config=Path(config),
        out=Path(out),
        data=None if data is None else local_data(data),
        edits=tuple(Edit(path, value) for path, value in (set or {}).items()),
        seed=seed,
        precision=precision,
        backend=backend,
        evaluate_every=evaluate_every,
        metric=metric,
        initial_weights=None if initial_weights is None else os.fspath(initial_weights),
        cache_directory=None if cache is None else Path(cache),
        resume=resume,
        log_images=log_images,
    )
    request.choose_backend()
    settings = request.settings(logger.info)

    from sweepbox.detection.runner.loop import train as run_training

    return run_training(settings, resume=resume, profile=profile, progress=progress)
