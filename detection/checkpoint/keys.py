"""Under which key each variable of a detector stands in an Object Detection API checkpoint."""

from collections.abc import Iterable

from sweepbox.detection.checkpoint.key_families import EXTRACTOR_KEYS, PREDICTOR_KEYS
from sweepbox.detection.checkpoint.key_rules import is_depthwise_conv, matching_key
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ModelError


def checkpoint_keys(paths: Iterable[str], ssd: pb.Ssd) -> dict[str, str]:
    """Return for each path of a detector's variables its key in an object-based checkpoint, without the suffix.

    `paths` come in the network's own order, as in `variable.path`; a layer that no rule knows counts as the
    backbone's. ModelError where the keys of this kind of detector are not known.
    """
    extractor, predictor = ssd.feature_extractor.type, ssd.box_predictor.WhichOneof("box_predictor_oneof")
    if extractor not in EXTRACTOR_KEYS or predictor not in PREDICTOR_KEYS:
        raise ModelError(
            f"Object Detection API checkpoints of {extractor} with {predictor} are not known; known are "
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
