"""Checkpoints of the TensorFlow Object Detection API: under which key a variable of ours stands in them."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detection.core.errors import ModelError

SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"
BACKBONE = "model/_feature_extractor/classification_backbone"
PYRAMID = "model/_feature_extractor/_fpn_features_generator"
COARSE = "model/_feature_extractor/_coarse_feature_layers"
PREDICTOR = "model/_box_predictor"
TOWERS = {
    "box": ("BoxPredictionTower", "box_encodings"),
    "class": ("ClassPredictionTower", "class_predictions_with_background"),
    "prediction": ("PredictionTower", "box_encodings"),
}
HEADS = {
    "box_head": "_box_prediction_head/_box_encoder_layers",
    "class_head": "_prediction_heads/class_predictions_with_background/_class_predictor_layers",
}
BLOCK_ORDER = ("1_conv", "1_bn", "2_conv", "2_bn", "0_conv", "3_conv", "0_bn", "3_bn")
"""The order in which the original numbers a ResNet block's layers; only first blocks have a shortcut (0)."""

Rule = tuple[str, Callable[[re.Match[str]], str]]


def checkpoint_keys(
    paths: Iterable[str], *, min_level: int, max_level: int, dropout: bool = False
) -> dict[str, str]:
    """Return for each path of a detector's variables its key in an object-based checkpoint, without the suffix.

    `paths` come in the network's own order, as in `variable.path`; the levels are those of the feature pyramid;
    `dropout` tells whether the class head stands behind a dropout layer. ModelError for an unknown path.
    """
    listed = list(paths)
    rules = _rules(min_level, min(max_level, 5), dropout=dropout)
    layers = dict.fromkeys(path.rpartition("/")[0] for path in listed)
    numbers = _backbone_numbers([layer for layer in layers if not _matching(layer, rules)])
    keys = {}
    for path in listed:
        layer, _, leaf = path.rpartition("/")
        if layer in numbers:
            leaf = "depthwise_kernel" if layer.endswith("depthwise") else leaf
            keys[path] = f"{BACKBONE}/layer_with_weights-{numbers[layer]}/{leaf}"
        else:
            keys[path] = f"{_matching(layer, rules)}/{leaf}"
    return keys


def read_object_based(prefix: Path, keys: Iterable[str]) -> dict[str, NDArray[np.float32]]:
    """Return the values of keys (without suffix) in the checkpoint `prefix` (its path without `.index`).

    ModelError where the checkpoint is not there or lacks a key.
    """
    import tensorflow as tf

    if not prefix.with_name(f"{prefix.name}.index").is_file():
        raise ModelError(
            f"{prefix}: there is no checkpoint; give the path of its .index file without that ending"
        )
    reader = tf.train.load_checkpoint(str(prefix))
    missing = [key for key in keys if not reader.has_tensor(key + SUFFIX)]
    if missing:
        raise ModelError(
            f"{prefix}: {len(missing)} variables are missing, among them {missing[0]}; it does not fit"
        )
    return {key: np.asarray(reader.get_tensor(key + SUFFIX)) for key in keys}


def load_object_based(
    network: Any, prefix: Path, *, min_level: int, max_level: int, dropout: bool = False
) -> None:
    """Give all weights of a detector's network the values of an object-based checkpoint.

    ModelError where the checkpoint lacks a variable or a shape differs; then nothing was changed.
    """
    variables = {variable.path: variable for variable in network.weights}
    keys = checkpoint_keys(variables, min_level=min_level, max_level=max_level, dropout=dropout)
    values = read_object_based(prefix, keys.values())
    for path, variable in variables.items():
        shape = values[keys[path]].shape
        if shape != tuple(variable.shape):
            raise ModelError(f"{prefix}: {keys[path]} has shape {list(shape)}, expected {list(variable.shape)}")
    for path, variable in variables.items():
        variable.assign(values[keys[path]])


def _rules(min_level: int, top_level: int, *, dropout: bool) -> list[Rule]:
    """Return the patterns of all layer names but the backbone's, each with the key that follows from it."""

    def tower_norm(found: re.Match[str]) -> str:
        level, position = int(found[3]) - min_level, 3 * int(found[2]) + 1
        return f"{PREDICTOR}/_base_tower_layers_for_heads/{TOWERS[found[1]][1]}/{level}/{position}"

    def position(found: re.Match[str]) -> str:
        return "0" if found[2] == "conv" else "1"

    return [
        (r"fpn_top", lambda _: f"{PYRAMID}/top_layers/0"),
        (r"fpn_lateral_(\d+)", lambda found: f"{PYRAMID}/residual_blocks/{top_level - 1 - int(found[1])}/0"),
        (
            r"fpn_smooth_(\d+)_(conv|bn)",
            lambda found: f"{PYRAMID}/conv_layers/{top_level - 1 - int(found[1])}/{position(found)}",
        ),
        (
            r"coarse_(\d+)_(conv|bn)",
            lambda found: f"{COARSE}/{int(found[1]) - top_level - 1}/{position(found)}",
        ),
        (
            r"(box|class|prediction)_tower_(\d+)_conv",
            lambda found: f"{PREDICTOR}/_head_scope_conv_layers/{TOWERS[found[1]][0]}/{found[2]}",
        ),
        (r"(box|class|prediction)_tower_(\d+)_level_(\d+)_bn", tower_norm),
        (r"box_head", lambda _: f"{PREDICTOR}/{HEADS['box_head']}/0"),
        (r"class_head", lambda _: f"{PREDICTOR}/{HEADS['class_head']}/{int(dropout)}"),
    ]


def _matching(layer: str, rules: list[Rule]) -> str | None:
    for pattern, key_of in rules:
        found = re.fullmatch(pattern, layer)
        if found:
            return key_of(found)
    return None


def _backbone_numbers(layers: list[str]) -> dict[str, int]:
    """Return the number of each backbone layer in the original's order."""
    blocks: dict[str, list[str]] = {}
    for layer in layers:
        block = re.match(r"conv\d_block\d+_", layer)
        blocks.setdefault(block[0] if block else "", []).append(layer)
    ordered = blocks.pop("", [])
    for name, members in blocks.items():
        ordered += sorted(members, key=lambda layer: BLOCK_ORDER.index(layer.removeprefix(name)))
    return {layer: number for number, layer in enumerate(ordered)}
