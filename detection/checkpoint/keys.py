"""The key of each variable of a detector in an Object Detection API checkpoint."""

from collections.abc import Iterable

from sweepbox.detection.checkpoint.key_families import EXTRACTOR_KEYS, PREDICTOR_KEYS
from sweepbox.detection.checkpoint.key_rules import is_depthwise_conv, matching_key
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ModelError


def checkpoint_keys(paths: Iterable[str], ssd: pb.Ssd) -> dict[str, str]:
    """Return the key of each variable of a detector in an object-based checkpoint, by variable path.

    Args:
        paths: The paths of the variables (`variable.path`), in the order of the network. A layer that matches
            no rule belongs to the backbone.
        ssd: The `model.ssd` message of the detector.

    Returns:
        The keys, without `/.ATTRIBUTES/VARIABLE_VALUE`.

    Raises:
        ModelError: The keys of this extractor or predictor are unknown.
    """
    extractor, predictor = ssd.feature_extractor.type, ssd.box_predictor.WhichOneof("box_predictor_oneof")
    if extractor not in EXTRACTOR_KEYS or predictor not in PREDICTOR_KEYS:
        raise ModelError(
            f"Object Detection API checkpoints of {extractor} with {predictor} are not supported; use one of "
            f"{', '.join(EXTRACTOR_KEYS)} with {', '.join(PREDICTOR_KEYS)}"
        )
    backbone, extractor_rules = EXTRACTOR_KEYS[extractor]
    rules = [*extractor_rules(ssd), *PREDICTOR_KEYS[predictor](ssd)]
    parts = [(path, *path.rpartition("/")[::2]) for path in paths]
    layers = {layer: matching_key(layer, rules) for _, layer, _ in parts}
    numbered = backbone.keys([layer for layer, key in layers.items() if key is None])
    keys = {}
    for path, layer, leaf in parts:
        is_depthwise = backbone.is_depthwise if layer in numbered else is_depthwise_conv
        name = "depthwise_kernel" if leaf == "kernel" and is_depthwise(layer) else leaf
        keys[path] = f"{layers[layer] or numbered[layer]}/{name}"
    return keys
