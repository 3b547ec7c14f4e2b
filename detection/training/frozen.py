"""Which variables training leaves alone: `freeze_variables` and `update_trainable_variables`.

Both hold regular expressions, searched for in the keys under which variables stand in a checkpoint of the
Object Detection API: `model/_feature_extractor/classification_backbone/layer_with_weights-0/kernel` for one.

A variable is frozen where a freezing pattern matches it, or where there are updating patterns and none matches.
It gets no gradient and no slot, and does not change. A batch norm with a frozen moving statistic normalises by
its moving statistics in training too, and leaves both. A frozen kernel still counts in the regularisation loss.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.model.batch_norm import BatchNorm
from sweepbox.detection.training.compile_key import FREEZING_FIELDS, freezing_patterns


def freeze(network: Any, config: pb.TrainConfig, keys: Mapping[str, str]) -> None:
    """Mark the frozen variables of a Keras model as not trainable; `keys` maps their paths to checkpoint keys.

    Raises ConfigError for a pattern that matches nothing, and where nothing is left to train.
    """
    frozen = frozen_keys(config, keys.values())
    for weight in network.weights:
        if keys[weight.path] in frozen:
            weight.trainable = False
    for layer in network.layers:
        if isinstance(layer, BatchNorm):
            statistics = (layer.moving_mean, layer.moving_variance)
            layer.frozen = layer.frozen or any(keys[value.path] in frozen for value in statistics)
    if not network.trainable_variables:
        raise ConfigError(
            f"train_config: {' and '.join(FREEZING_FIELDS)} leave no variable to train; narrow the patterns"
        )


def frozen_keys(config: pb.TrainConfig, keys: Iterable[str]) -> set[str]:
    """Return the keys of the frozen variables; ConfigError for a pattern that matches nothing."""
    known = list(keys)
    frozen, updated = (
        [_matching(pattern, known, f"train_config.{field}[{index}]") for index, pattern in enumerate(patterns)]
        for field, patterns in zip(FREEZING_FIELDS, freezing_patterns(config), strict=True)
    )
    kept = set().union(*updated) if updated else set(known)
    return (set(known) - kept).union(*frozen)


def _matching(pattern: str, keys: list[str], where: str) -> set[str]:
    """Return the keys in which a pattern is found; ConfigError, with similar keys, where it is in none."""
    try:
        found = {key for key in keys if re.search(pattern, key)}
    except re.error as error:
        raise ConfigError(f"{where}: {pattern!r} is no regular expression ({error}); correct it") from None
    if not found:
        near = difflib.get_close_matches(pattern, keys, n=3, cutoff=0.0)
        raise ConfigError(f"{where}: {pattern!r} matches no variable; near it are {', '.join(near)}")
    return found
