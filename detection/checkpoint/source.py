"""The source of a run's initial weights, determined without loading them."""

from pathlib import Path

from sweepbox.detection.checkpoint.files import METRICS_FILE, WEIGHTS_FILE
from sweepbox.detection.checkpoint.object_file import check_object_based, find_prefix
from sweepbox.detection.checkpoint.remote_source import local_source
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError, ModelError

KERAS_WEIGHTS = "imagenet"
"""The source name of the weights of `keras.applications`."""

WEIGHTS_SUFFIXES = (".npz", ".h5", ".hdf5")


def initial_source(config: pb.TrainEvalPipelineConfig, initial_weights: str | None) -> str | None:
    """Return the source of the initial weights: `initial_weights`, else the config's `fine_tune_checkpoint`.

    Returns:
        A source of backbone weights (see `is_backbone_source`), or the path of an existing checkpoint of ours
        (see `is_own_checkpoint`) or of the Object Detection API; None if neither is set. What a URI names is
        fetched, and the path of this machine's copy returned.

    Raises:
        ModelError: `initial_weights` does not exist, or is a checkpoint of TensorFlow 1.
        ConfigError: The same of `fine_tune_checkpoint`.
    """
    named = config.train_config.fine_tune_checkpoint
    if initial_weights is not None or not named:
        return None if initial_weights is None else _existing(initial_weights)
    try:
        return _existing(named)
    except ModelError as error:
        raise ConfigError(
            f"train_config.fine_tune_checkpoint: {error}, name other initial weights (--initial-weights, or "
            "initial_weights in a sweep file), or clear the field (train_config.fine_tune_checkpoint=none)"
        ) from None


def is_backbone_source(source: str) -> bool:
    """Return whether a source has backbone weights; any other source is a checkpoint."""
    return source == KERAS_WEIGHTS or Path(source).suffix in WEIGHTS_SUFFIXES


def is_own_checkpoint(source: str) -> bool:
    """Return whether a source is a checkpoint folder of ours, whose weights are all loaded."""
    return all((Path(source) / name).is_file() for name in (WEIGHTS_FILE, METRICS_FILE))


def _existing(source: str) -> str:
    """Return a source on this machine; ModelError if it does not exist, or is a checkpoint of TensorFlow 1."""
    path = local_source(source)
    if path == KERAS_WEIGHTS or is_own_checkpoint(path):
        return path
    if not is_backbone_source(path):
        check_object_based(find_prefix(path))
    elif not Path(path).is_file():
        raise ModelError(f"{path}: there is no such file; correct the path")
    return path
