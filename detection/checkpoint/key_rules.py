"""Rules that map the names of our layers to the keys of an Object Detection API checkpoint."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

EXTRACTOR = "model/_feature_extractor"
BACKBONE = f"{EXTRACTOR}/classification_backbone"
PREDICTOR = "model/_box_predictor"

Rule = tuple[str, Callable[[re.Match[str]], str]]
"""A regular expression for the full name of a layer, and a function that returns the key from its match."""


def network_order(layers: Sequence[str]) -> list[str]:
    """Return backbone layers in the order of the network."""
    return list(layers)


def ends_with_depthwise(layer: str) -> bool:
    """Return whether a backbone layer is a depthwise convolution, by the names of `keras.applications`."""
    return layer.endswith("depthwise")


def is_depthwise_conv(layer: str) -> bool:
    """Return whether a layer outside the backbone is a depthwise convolution, by our names."""
    return layer.endswith("_depthwise_conv")


@dataclass(frozen=True)
class BackboneLayout:
    """How the layers of a backbone are numbered in a checkpoint: `layer_with_weights-N`.

    Attributes:
        ordered: Returns the layers in the order of their numbers.
        is_depthwise: Returns whether the checkpoint calls the `kernel` of a layer `depthwise_kernel`.
    """

    ordered: Callable[[Sequence[str]], list[str]] = network_order
    is_depthwise: Callable[[str], bool] = ends_with_depthwise

    def keys(self, layers: Sequence[str]) -> dict[str, str]:
        """Return the key of each backbone layer; `layers` are in the order of the network."""
        return {
            layer: f"{BACKBONE}/layer_with_weights-{number}"
            for number, layer in enumerate(self.ordered(layers))
        }


def matching_key(layer: str, rules: Iterable[Rule]) -> str | None:
    """Return the key of a layer by the first rule that matches its name, or None if no rule does."""
    for pattern, key_of in rules:
        found = re.fullmatch(pattern, layer)
        if found:
            return key_of(found)
    return None
