"""The object graph of an Object Detection API detector, as its checkpoints record it.

TensorFlow restores an object-based checkpoint by following attribute names and list positions from the root.
`assert_existing_objects_matched` requires every layer to be found, including those without variables.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.checkpoint.key_rules import BACKBONE, EXTRACTOR, PREDICTOR

Node = dict[str, Any]
"""An object: its children by name, each a Node or the array of a variable. A shared object occurs twice."""

TOWER_LISTS = {
    "BoxPredictionTower": "box_encodings",
    "ClassPredictionTower": "class_predictions_with_background",
    "PredictionTower": "box_encodings",
}
"""For each tower, the head whose layer lists share its convolutions."""


def object_graph(
    values: Mapping[str, NDArray[np.generic]], *, backbone_keys: Iterable[str | None], num_levels: int
) -> Node:
    """Return the root of a detector's object graph.

    Args:
        values: The variables by key.
        backbone_keys: The key of each backbone layer, in the order of its Keras model; None for a layer without
            variables.
        num_levels: The number of feature maps that the predictor receives.
    """
    root: Node = {}
    for key, value in values.items():
        _insert(root, key, value)
    _add_shared_towers(root, num_levels)
    _add_pyramid_steps(root)
    for level in range(num_levels):
        _insert(root, f"{PREDICTOR}/_additional_projection_layers/{level}", {})
    _fill_lists(root)
    for index, layer in enumerate(backbone_keys):
        _insert(root, f"{BACKBONE}/layer-{index}", {} if layer is None else _find(root, layer))
    return root


def _insert(root: Node, key: str, child: Any) -> None:
    """Insert a child at a path unless the path is taken."""
    *parents, name = key.split("/")
    node = root
    for parent in parents:
        node = node.setdefault(parent, {})
    node.setdefault(name, child)


def _find(root: Node, key: str) -> Node:
    """Return the object at a path, or an empty object if there is none."""
    node = root
    for name in key.split("/"):
        node = node.get(name, {})
    return node


def _add_shared_towers(root: Node, num_levels: int) -> None:
    """Insert the shared convolutions of the towers into the layer list of each level.

    A list repeats convolution, batch norm and activation, or convolution and activation.
    """
    lists = f"{PREDICTOR}/_base_tower_layers_for_heads"
    period = 3 if _find(root, lists) else 2
    for tower, convolutions in _find(root, f"{PREDICTOR}/_head_scope_conv_layers").items():
        for level in range(num_levels):
            for index, convolution in convolutions.items():
                _insert(root, f"{lists}/{TOWER_LISTS[tower]}/{level}/{period * int(index)}", convolution)


def _add_pyramid_steps(root: Node) -> None:
    """Add the layers without variables between the levels of a pyramid."""
    pyramid = f"{EXTRACTOR}/_fpn_features_generator"
    for index in list(_find(root, f"{pyramid}/residual_blocks")):
        _insert(root, f"{pyramid}/top_down_blocks/{index}/0", {})
        _insert(root, f"{pyramid}/reshape_blocks/{index}", {})


def _fill_lists(node: Node) -> None:
    """Add the layers without variables, such as activations, between and after the other layers of a list."""
    children = [child for child in node.values() if isinstance(child, dict)]
    if node and all(name.isdigit() for name in node):
        holds_layers = any(not isinstance(value, dict) for child in children for value in child.values())
        for index in range(max(map(int, node)) + 1 + int(holds_layers)):
            node.setdefault(str(index), {})
    for child in children:
        _fill_lists(child)
