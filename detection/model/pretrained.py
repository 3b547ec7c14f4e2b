"""Converts published ImageNet weights to the layers of our backbones."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.extractors import EXTRACTORS, Backbone
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.model.backbones.mobilenet_v2 import BLOCKS
from sweepbox.detection.model.folding import ConvNorm

IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
IMAGENET_STDDEV = np.array([0.229, 0.224, 0.225], np.float32)
PYTORCH_EPSILON = 1e-5

Arrays = Mapping[str, NDArray[Any]]


def norm_name(conv_name: str) -> str:
    """Return the name of the batch norm that follows a backbone's convolution."""
    if conv_name in ("Conv1", "Conv_1"):
        return {"Conv1": "bn_Conv1", "Conv_1": "Conv_1_bn"}[conv_name]
    if conv_name == "conv1" or conv_name.startswith(("conv_dw_", "conv_pw_")):  # MobileNetV1
        return f"{conv_name}_bn"
    return f"{conv_name[:-5]}_bn" if conv_name.endswith("_conv") else f"{conv_name}_BN"


def pytorch_names() -> dict[str, tuple[str, str]]:
    """Return the names of each MobileNetV2 convolution and its batch norm in PyTorch's layout, by our name."""
    names = {"Conv1": ("features.0.0", "features.0.1"), "Conv_1": ("features.18.0", "features.18.1")}
    for block in range(len(BLOCKS)):
        prefix = f"block_{block}" if block else "expanded_conv"
        parts = ("expand", "depthwise", "project") if block else ("depthwise", "project")
        for position, part in enumerate(parts):
            start = f"features.{block + 1}.conv"
            names[f"{prefix}_{part}"] = (f"{start}.{3 * position}", f"{start}.{3 * position + 1}")
    return names


def pytorch_mobilenet(arrays: Arrays, source: str) -> dict[str, ConvNorm]:
    """Convert MobileNetV2 weights in PyTorch's layout, for images scaled to -1..1.

    PyTorch's network expects images scaled to 0..1 and standardised with the mean and standard deviation of
    ImageNet; the difference is folded into the first layer.

    Args:
        arrays: The weights by their PyTorch names.
        source: The name of the source in error messages.

    Returns:
        The weights by the name of our convolution.

    Raises:
        ModelError: An array is missing.
    """
    layers = {}
    for name, (conv, norm) in pytorch_names().items():
        keys = (
            f"{conv}.weight",
            *(f"{norm}.{leaf}" for leaf in ("weight", "bias", "running_mean", "running_var")),
        )
        missing = [key for key in keys if key not in arrays]
        if missing:
            raise ModelError(f"{source}: {missing[0]} is missing; use MobileNetV2 features in PyTorch's layout")
        weight, gamma, beta, mean, variance = (np.asarray(arrays[key], np.float32) for key in keys)
        order = (2, 3, 0, 1) if name.endswith("depthwise") else (2, 3, 1, 0)
        layers[name] = ConvNorm(weight.transpose(order), gamma, beta, mean, variance, PYTORCH_EPSILON)
    factor, offset = 0.5 / IMAGENET_STDDEV, (0.5 - IMAGENET_MEAN) / IMAGENET_STDDEV
    return {**layers, "Conv1": layers["Conv1"].with_input(factor, offset)}


def keras_application(extractor: pb.SsdFeatureExtractor, weights: str | Path) -> dict[str, ConvNorm]:
    """Convert the weights of a `keras.applications` model to our input scale.

    Args:
        extractor: The feature extractor of the config.
        weights: "imagenet" (from the cache of Keras, or downloaded) or a weights file of the model, with or
            without its classifier.

    Returns:
        The weights by the name of our convolution.

    Raises:
        ModelError: The weights cannot be downloaded or read, or do not match the extractor.
    """
    model = _downloaded(extractor) if weights == "imagenet" else _from_file(extractor, Path(weights))
    layers = {layer.name: layer for layer in model.layers}
    convs = [name for name in layers if norm_name(name) in layers]
    found = {name: _conv_norm(layers[name], layers[norm_name(name)]) for name in convs}
    if "conv1_conv" in found:  # the ResNet of Keras expects BGR
        found["conv1_conv"] = _flipped_input(found["conv1_conv"])
    for name in _convolutions_of_other_width(extractor):
        found.pop(name, None)
    return found


def _convolutions_of_other_width(extractor: pb.SsdFeatureExtractor) -> tuple[str, ...]:
    """Return the convolutions whose number of channels differs from that in `keras.applications`."""
    kind = EXTRACTORS[extractor.type]
    if kind.backbone is Backbone.MOBILENET_V2 and extractor.depth_multiplier != 1.0:
        return ("Conv_1",)  # Keras applies only multipliers above 1 to it
    if kind.backbone is Backbone.MOBILENET_V1 and kind.pyramid and extractor.use_depthwise:
        return "conv_pw_12", "conv_dw_13", "conv_pw_13"
    return ()


def try_load_weights(model: Any, path: Path) -> str:
    """Load a weights file into a Keras model and return the error in one line, or "" if it succeeded.

    It is an error if a part of the model is not in the file; Keras only warns about it. After an error, the
    model may have a part of the file's weights.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            model.load_weights(path)
    except (ValueError, KeyError, OSError, UserWarning) as error:
        return (str(error).splitlines() or [type(error).__name__])[0]
    return ""


def _application(extractor: pb.SsdFeatureExtractor, weights: str | None, *, include_top: bool) -> Any:
    """Return the Keras model that corresponds to the backbone of a feature extractor."""
    options = {"weights": weights, "include_top": include_top, "input_shape": (224, 224, 3)}
    kind = EXTRACTORS[extractor.type]
    if kind.backbone is Backbone.MOBILENET_V2:
        return keras.applications.MobileNetV2(alpha=round(extractor.depth_multiplier, 4), **options)
    if extractor.depth_multiplier != 1.0:
        raise ModelError(
            f"ImageNet weights of {kind.backbone.value} exist for depth_multiplier 1.0, not "
            f"{extractor.depth_multiplier:g}; change it, or start from random weights"
        )
    if kind.backbone is Backbone.MOBILENET_V1:
        return keras.applications.MobileNet(**options)
    return getattr(keras.applications, f"ResNet{kind.depth}")(**options)


def _downloaded(extractor: pb.SsdFeatureExtractor) -> Any:
    try:
        return _application(extractor, "imagenet", include_top=False)
    except ModelError:
        raise
    except Exception as error:  # Keras raises bare exceptions for a failed download
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(
            f"imagenet: the weights for {extractor.type} with depth_multiplier {extractor.depth_multiplier:g} "
            f"cannot be downloaded ({reason}); check the network, or name a weights file instead"
        ) from error


def _from_file(extractor: pb.SsdFeatureExtractor, path: Path) -> Any:
    reason = ""
    for include_top in (False, True):
        model = _application(extractor, None, include_top=include_top)
        reason = try_load_weights(model, path)
        if not reason:
            return model
    raise ModelError(
        f"{path}: neither weights of this detector nor of keras.applications for {extractor.type} with "
        f"depth_multiplier {extractor.depth_multiplier:g} ({reason}); name another file"
    )


def _conv_norm(conv: Any, norm: Any) -> ConvNorm:
    gamma, beta, mean, variance = (np.asarray(array, np.float32) for array in norm.get_weights())
    kernel, *bias = (np.asarray(array, np.float32) for array in conv.get_weights())
    pair = ConvNorm(kernel, gamma, beta, mean, variance, epsilon=norm.epsilon)
    return pair.with_bias(bias[0]) if bias else pair


def _flipped_input(pair: ConvNorm) -> ConvNorm:
    return ConvNorm(
        pair.kernel[:, :, ::-1], pair.gamma, pair.beta, pair.mean, pair.variance, epsilon=pair.epsilon
    )
