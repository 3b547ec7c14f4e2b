"""Loads weights from a file into the backbone or feature extractor of a detector."""

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweepbox.detection.config.extractors import EXTRACTORS, Backbone
from sweepbox.detection.core.array_files import check_h5, check_npz
from sweepbox.detection.core.errors import ModelError
from sweepbox.detection.model.batch_norm import BatchNorm
from sweepbox.detection.model.folding import ConvNorm
from sweepbox.detection.model.pretrained import (
    keras_application,
    norm_name,
    pytorch_mobilenet,
    try_load_weights,
)
from sweepbox.detection.model.ssd import SsdDetector
from sweepbox.detection.model.variables import assign_variables, read_variables

IMAGENET = "imagenet"


@dataclass(frozen=True)
class WeightsSummary:
    """What was loaded, and from where.

    Attributes:
        source: The source.
        layout: The layout of the source.
        matched: Paths of the loaded variables.
        missing: Paths of the variables of the loaded part that are not in the source; they keep their values.
        unused: Names of unused entries in the source.
    """

    source: str
    layout: str
    matched: tuple[str, ...]
    missing: tuple[str, ...]
    unused: tuple[str, ...]

    def __str__(self) -> str:
        """Return one line for the user."""
        return (
            f"{self.source}: {len(self.matched)} variables loaded ({self.layout}), {len(self.missing)} "
            f"unchanged, {len(self.unused)} entries of the source unused"
        )


def load_backbone_weights(detector: SsdDetector, source: Path | str) -> WeightsSummary:
    """Load weights into a detector's backbone or feature extractor, in place.

    `source` is one of:

    - an `.npz` file with MobileNetV2 weights in PyTorch's layout (`features.0.0.weight` …), for
      depth_multiplier 1.0;
    - an `.npz` file by our variable paths, as in checkpoints: backbone, feature pyramid and coarse levels are
      loaded, the predictor is not, so that the number of classes may differ;
    - a `.weights.h5` or `.h5` file of this network, or of the same network in `keras.applications`;
    - "imagenet": the weights of `keras.applications`, from the cache of Keras or downloaded.

    Input scaling, biases and batch norm epsilons are folded, so that with moving statistics the backbone
    computes the same as that of the source, except for the padding at the borders.

    Raises:
        ModelError: The source is missing or damaged, or does not match; no weight was changed.
    """
    name = str(source)
    if name == IMAGENET:
        return _load_layers(
            detector, keras_application(detector.extractor, IMAGENET), name, "keras.applications"
        )
    path = Path(source)
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file; name an .npz or .weights.h5 file, or 'imagenet'")
    if path.suffix == ".npz":
        return _load_arrays(detector, _read_npz(path), name)
    if path.suffix in (".h5", ".hdf5"):
        return _load_h5(detector, path)
    raise ModelError(
        f"{path}: {path.suffix or 'this'} is not a format of weights; name an .npz or .weights.h5 file"
    )


def _load_arrays(detector: SsdDetector, arrays: Mapping[str, NDArray[Any]], source: str) -> WeightsSummary:
    """Load the arrays of an `.npz` file of either layout."""
    ours = {weight.path for weight in detector.network.weights}
    if ours & arrays.keys():
        wanted = {weight.path: weight for weight in detector.feature_extractor.weights}
        values = {path: arrays[path] for path in wanted if path in arrays}
        _assign(wanted, values, source)
        return _summary(source, "our variable paths", values, wanted, set(arrays) - set(values))
    if not any(key.startswith("features.") for key in arrays):
        raise ModelError(
            f"{source}: the names of the arrays ({', '.join(sorted(arrays)[:2])} …) are neither those of this "
            "detector nor those of MobileNetV2 in PyTorch; name another file"
        )
    extractor = detector.extractor
    is_v2 = EXTRACTORS[extractor.type].backbone is Backbone.MOBILENET_V2
    if not is_v2 or extractor.depth_multiplier != 1.0:
        raise ModelError(
            f"{source}: these are MobileNetV2 weights for depth_multiplier 1.0; the config has "
            f"{extractor.type} with {extractor.depth_multiplier:g}; change it, or start from random weights"
        )
    return _load_layers(detector, pytorch_mobilenet(arrays, source), source, "PyTorch MobileNetV2")


def _load_layers(
    detector: SsdDetector, layers: Mapping[str, ConvNorm], source: str, layout: str
) -> WeightsSummary:
    """Load convolutions with their batch norms into the backbone, by the name of the convolution."""
    wanted = {weight.path: weight for weight in detector.backbone.weights}
    ours = {layer.name: layer for layer in detector.backbone.layers}
    values: dict[str, NDArray[Any]] = {}
    for name, pair in layers.items():
        norm = ours.get(norm_name(name))
        if name in ours:
            values |= _pair_values(name, pair, norm, source)
    if not values:
        raise ModelError(f"{source}: no layer matches one of {detector.extractor.type}; name other weights")
    _assign(wanted, values, source)
    return _summary(source, layout, values, wanted, set(layers) - ours.keys())


def _pair_values(name: str, pair: ConvNorm, norm: Any, source: str) -> dict[str, NDArray[Any]]:
    """Return the values of the variables of one convolution and its batch norm, by path."""
    if not isinstance(norm, BatchNorm) or not (norm.settings.scale and norm.settings.center):
        raise ModelError(
            f"{source}: the weights have batch norms with scale and center; set batch_norm {{ scale: true }} "
            "in model.ssd.feature_extractor.conv_hyperparams"
        )
    folded = pair.with_epsilon(norm.settings.epsilon)
    return {
        f"{name}/kernel": folded.kernel,
        f"{norm.name}/gamma": folded.gamma,
        f"{norm.name}/beta": folded.beta,
        f"{norm.name}/moving_mean": folded.mean,
        f"{norm.name}/moving_variance": folded.variance,
    }


def _load_h5(detector: SsdDetector, path: Path) -> WeightsSummary:
    """Load a Keras weights file of the complete network, or of a `keras.applications` model."""
    try:
        check_h5(path)
    except (ValueError, OSError, RuntimeError, KeyError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{path}: damaged or not a file of weights ({reason}); name another file") from error
    before = read_variables(detector.network.weights)
    if try_load_weights(detector.network, path):
        assign_variables(detector.network.weights, before)
        return _load_layers(
            detector, keras_application(detector.extractor, path), str(path), "keras.applications"
        )
    everything = {weight.path: weight for weight in detector.network.weights}
    return _summary(str(path), "this network", everything, everything, set())


def _assign(wanted: Mapping[str, Any], values: Mapping[str, NDArray[Any]], source: str) -> None:
    """Set variables; ModelError, before anything is changed, if one is unknown or has another shape."""
    for path, value in values.items():
        if path not in wanted or value.shape != tuple(wanted[path].shape):
            expected = list(wanted[path].shape) if path in wanted else "no such variable"
            raise ModelError(
                f"{source}: {path} has shape {list(value.shape)}, this detector {expected}; use weights of the "
                "same feature extractor, depth_multiplier and min_depth"
            )
    assign_variables([wanted[path] for path in values], list(values.values()))


def _summary(
    source: str, layout: str, matched: Mapping[str, Any], wanted: Mapping[str, Any], unused: set[str]
) -> WeightsSummary:
    missing = tuple(path for path in wanted if path not in matched)
    return WeightsSummary(source, layout, tuple(matched), missing, tuple(sorted(unused)))


def _read_npz(path: Path) -> dict[str, NDArray[Any]]:
    try:
        check_npz(path)
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, KeyError, OSError, MemoryError) as error:
        raise ModelError(f"{path}: damaged or not an .npz file ({error}); name another file") from error
