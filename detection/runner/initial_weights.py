"""The weights that a run starts from, over those drawn at random."""

from dataclasses import dataclass

from detection.checkpoint.arrays import Arrays
from detection.checkpoint.object_based import TYPE_FIELD, RestoredPart, RestoreSummary, restore_object_based
from detection.checkpoint.source import is_backbone_source
from detection.config import pipeline_pb2 as pb
from detection.core.errors import ConfigError
from detection.model.ssd import SsdDetector
from detection.model.weights import WeightsSummary, load_backbone_weights

WeightsReport = RestoreSummary | WeightsSummary
"""What was loaded from where; as text it is one line."""


@dataclass(frozen=True)
class InitialWeights:
    """The weights that were loaded into a detector, by variable path, and what to tell of it in one line."""

    arrays: Arrays
    summary: WeightsReport


def initial_key(config: pb.TrainEvalPipelineConfig, source: str) -> tuple[str, str]:
    """Return what two runs of one network must have in common to start from the same loaded weights."""
    return source, "backbone" if is_backbone_source(source) else restored_part(config).value


def load_initial_weights(
    detector: SsdDetector, source: str, config: pb.TrainEvalPipelineConfig
) -> InitialWeights:
    """Load weights into a detector.

    `source` is the word `imagenet` or a weights file, as `load_backbone_weights` takes them, or else a
    checkpoint of the Object Detection API as `find_prefix` takes it, of which `restored_part` is restored.
    Raises ModelError where source and detector do not fit together, before any weight is changed.
    """
    network = detector.network
    if not is_backbone_source(source):
        return InitialWeights(*restore_object_based(network, source, config.model.ssd, restored_part(config)))
    summary = load_backbone_weights(detector, source)
    matched = set(summary.matched)
    arrays = {weight.path: weight.numpy() for weight in network.weights if weight.path in matched}
    return InitialWeights(arrays, summary)


def restored_part(config: pb.TrainEvalPipelineConfig) -> RestoredPart:
    """Return the part that a config restores from a checkpoint.

    An unset type means `detection` where `from_detection_checkpoint` is true and `classification` elsewhere, as
    in the Object Detection API. ConfigError for an unknown type.
    """
    train = config.train_config
    default = RestoredPart.DETECTION if train.from_detection_checkpoint else RestoredPart.CLASSIFICATION
    try:
        return RestoredPart(train.fine_tune_checkpoint_type or default)
    except ValueError:
        kinds = ", ".join(repr(part.value) for part in RestoredPart)
        raise ConfigError(
            f"{TYPE_FIELD}: {train.fine_tune_checkpoint_type!r} is not supported; use one of {kinds}"
        ) from None
