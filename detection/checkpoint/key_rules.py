"""How the keys of an Object Detection API checkpoint follow from the names of our layers: the vocabulary."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

EXTRACTOR = "model/_feature_extractor"
BACKBONE = f"{EXTRACTOR}/classification_backbone"
PREDICTOR = "model/_box_predictor"

Rule = tuple[str, Callable[[re.Match[str]], str]]
"""A pattern that a layer's whole name matches, and the key of that layer which follows from the match."""


def as_named(layers: Sequence[str]) -> list[str]:
    """Return backbone layers in the order of the network, where the original numbers them like that."""
    return list(layers)


def ends_with_depthwise(layer: str) -> bool:
    """Return whether a backbone layer is a depthwise convolution, as `keras.applications` names them."""
    return layer.endswith("depthwise")


def is_depthwise_conv(layer: str) -> bool:
    """Return whether a layer outside the backbone is a depthwise convolution, as ours are named there."""
    return layer.endswith("_depthwise_conv")


@dataclass(frozen=True)
class BackboneLayout:
    """How a backbone's layers are numbered: `layer_with_weights-N` in the order that `ordered` returns.

    `is_depthwise` tells the layers whose `kernel` the original calls `depthwise_kernel`.
    """

    ordered: Callable[[Sequence[str]], list[str]] = as_named
    is_depthwise: Callable[[str], bool] = ends_with_depthwise

    def keys(self, layers: Sequence[str]) -> dict[str, str]:
        """Return the key of each backbone layer; `layers` come in the order of the network."""
        return {
            layer: f"{BACKBONE}/layer_with_weights-{number}"
            for number, layer in enumerate(self.ordered(layers))
        }


def matching_key(layer: str, rules: Iterable[Rule]) -> str | None:
    """Return the key of a layer by the first rule that matches its name, None where none does."""
    for pattern, key_of in rules:
        found = re.fullmatch(pattern, layer)
        if found:
            return key_of(found)
    return None
