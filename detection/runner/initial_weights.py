"""The weights that a run starts from, over those drawn at random."""

from pathlib import Path

from detection.checkpoint.arrays import Arrays
from detection.checkpoint.keys import checkpoint_keys
from detection.checkpoint.object_based import read_object_based
from detection.checkpoint.weights import assign_arrays, weight_arrays
from detection.config import pipeline_pb2 as pb
from detection.core.errors import ConfigError
from detection.model.ssd import SsdDetector
from detection.model.weights import load_backbone_weights

FINE_TUNE_PREFIXES = {"detection": "model/_feature_extractor/", "full": "model/"}
"""What each `fine_tune_checkpoint_type` restores, as the beginning of checkpoint keys."""


def initial_source(config: pb.TrainEvalPipelineConfig, initial_weights: str | None) -> str | None:
    """Return where a run's initial weights come from; what the run names counts more than what its config does.

    Raises ConfigError where the config's `fine_tune_checkpoint` does not exist.
    """
    named = config.train_config.fine_tune_checkpoint
    if initial_weights is not None or not named:
        return initial_weights
    if not _is_object_based(named) and not Path(named).is_file():
        raise ConfigError(
            f"train_config.fine_tune_checkpoint: {named} does not exist; correct it, or name other weights "
            "(--initial-weights FILE), or clear it (--set train_config.fine_tune_checkpoint=none)"
        )
    return named


def load_initial_weights(detector: SsdDetector, source: str, config: pb.TrainEvalPipelineConfig) -> Arrays:
    """Load weights into a detector and return those that changed, by variable path.

    `source` is the prefix of an Object Detection API checkpoint, or what `load_backbone_weights` takes. Of a
    checkpoint, `fine_tune_checkpoint_type` decides: `detection` (the default) restores the feature extractor,
    `full` everything. Raises ModelError where source and detector do not fit together.
    """
    before = weight_arrays(detector.network)
    if _is_object_based(source):
        _load_object_based(detector, Path(source), config)
    else:
        load_backbone_weights(detector, source)
    after = weight_arrays(detector.network)
    return {path: array for path, array in after.items() if (array != before[path]).any()}


def _is_object_based(source: str) -> bool:
    return Path(f"{source}.index").is_file()


def _load_object_based(detector: SsdDetector, prefix: Path, config: pb.TrainEvalPipelineConfig) -> None:
    """Give a detector the part of a checkpoint that its config asks for."""
    kind = config.train_config.fine_tune_checkpoint_type or "detection"
    if kind not in FINE_TUNE_PREFIXES:
        raise ConfigError(
            f"train_config.fine_tune_checkpoint_type: {kind!r} is not supported; use 'detection' or 'full'"
        )
    keys = checkpoint_keys((weight.path for weight in detector.network.weights), config.model.ssd)
    wanted = {path: key for path, key in keys.items() if key.startswith(FINE_TUNE_PREFIXES[kind])}
    values = read_object_based(prefix, wanted.values())
    arrays = {path: values[key] for path, key in wanted.items()}
    assign_arrays(detector.network, arrays, source=str(prefix), partial=True)
