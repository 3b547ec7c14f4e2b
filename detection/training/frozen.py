"""Frozen variables: `freeze_variables` and `update_trainable_variables`.

Both fields are lists of regular expressions, which are searched for in the keys of the variables in an Object
Detection API checkpoint: `model/_feature_extractor/classification_backbone/layer_with_weights-0/kernel`, say.

A variable is frozen if a pattern of `freeze_variables` matches it, or if `update_trainable_variables` is set
and none of its patterns matches. It has no gradient and no slot, and does not change. A batch norm with a
frozen moving statistic also uses its moving statistics in training, and updates neither of them. A frozen
kernel is still included in the regularisation loss.
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
    """Make the frozen variables of a Keras model non-trainable.

    Args:
        network: The Keras model.
        config: The `train_config` message.
        keys: The checkpoint key of each variable, by variable path.

    Raises:
        ConfigError: A pattern is invalid or matches no variable, or no trainable variable is left.
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
            f"train_config: {' and '.join(FREEZING_FIELDS)} leave no variable to train; use narrower patterns"
        )


def frozen_keys(config: pb.TrainConfig, keys: Iterable[str]) -> set[str]:
    """Return the checkpoint keys of the frozen variables.

    Raises:
        ConfigError: A pattern is invalid or matches no key.
    """
    known = list(keys)
    frozen, updated = (
        [_matching(pattern, known, f"train_config.{field}[{index}]") for index, pattern in enumerate(patterns)]
        for field, patterns in zip(FREEZING_FIELDS, freezing_patterns(config), strict=True)
    )
    kept = set().union(*updated) if updated else set(known)
    return (set(known) - kept).union(*frozen)


def _matching(pattern: str, keys: list[str], where: str) -> set[str]:
    """Return the keys that a pattern matches; ConfigError, with similar keys, if there are none."""
    try:
        found = {key for key in keys if re.search(pattern, key)}
    except re.error as error:
        raise ConfigError(f"{where}: {pattern!r} is not a regular expression ({error}); correct it") from None
    if not found:
        near = difflib.get_close_matches(pattern, keys, n=3, cutoff=0.0)
        raise ConfigError(f"{where}: {pattern!r} matches no variable; similar keys are {', '.join(near)}")
    return found
