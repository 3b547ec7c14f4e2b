"""Where the weights that a run starts from come from, told without loading any."""

from pathlib import Path

from sweepbox.detection.checkpoint.object_file import find_prefix
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError, ModelError

KERAS_WEIGHTS = "imagenet"
"""The word that stands for the weights of `keras.applications`."""

WEIGHTS_SUFFIXES = (".npz", ".h5", ".hdf5")


def initial_source(config: pb.TrainEvalPipelineConfig, initial_weights: str | None) -> str | None:
    """Return where a run's initial weights come from; what the run names counts more than what its config does.

    It is a source of backbone weights (see `is_backbone_source`) or a checkpoint that is there. Raises
    ModelError where what the run names is not there, ConfigError where the config's `fine_tune_checkpoint` is
    not.
    """
    named = config.train_config.fine_tune_checkpoint
    if initial_weights is not None or not named:
        _check_there(initial_weights)
        return initial_weights
    try:
        _check_there(named)
    except ModelError as error:
        raise ConfigError(
            f"train_config.fine_tune_checkpoint: {error}, name other initial weights (--initial-weights, or "
            "initial_weights in a sweep file), or clear it (train_config.fine_tune_checkpoint=none)"
        ) from None
    return named


def is_backbone_source(source: str) -> bool:
    """Tell whether a source is one of backbone weights; any other is a checkpoint."""
    return source == KERAS_WEIGHTS or Path(source).suffix in WEIGHTS_SUFFIXES


def _check_there(source: str | None) -> None:
    """Raise ModelError where a source is missing."""
    if source is None or source == KERAS_WEIGHTS:
        return
    if not is_backbone_source(source):
        find_prefix(source)
    elif not Path(source).is_file():
        raise ModelError(f"{source}: there is no such file; correct the path")
