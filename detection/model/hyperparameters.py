"""The hyperparameters of convolutions, from a `conv_hyperparams` message."""

from dataclasses import dataclass
from enum import Enum

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.model.initializers import (
    FanMode,
    Initializer,
    TruncatedNormal,
    VarianceScaling,
    initializer_of,
)


class Activation(Enum):
    """The activation functions of the schema; values are their names in Keras."""

    NONE = "linear"
    RELU = "relu"
    RELU_6 = "relu6"
    SWISH = "silu"


class Penalty(Enum):
    """The regularisation of a group of kernels; its weight is a dynamic value."""

    NONE = "none"
    L1 = "l1"
    L2 = "l2"


@dataclass(frozen=True)
class BatchNormSettings:
    """The settings of a batch norm; `momentum` is the schema's `decay`."""

    momentum: float
    epsilon: float
    center: bool
    scale: bool


@dataclass(frozen=True)
class ConvHyperparameters:
    """The hyperparameters of a group of convolutions."""

    initializer: Initializer
    penalty: Penalty
    activation: Activation
    batch_norm: BatchNormSettings | None
    force_bias: bool = False

    @property
    def use_bias(self) -> bool:
        """Whether a convolution has a bias: if it has no batch norm, or if a bias is forced."""
        return self.batch_norm is None or self.force_bias


RESNET_DEFAULT_L2 = 2e-4
MOBILENET_DEFAULT_L2 = 4e-5
"""`w` in `0.5 * w * sum(kernel²)` of backbones whose hyperparameters the config does not override."""

RESNET_DEFAULT = ConvHyperparameters(
    VarianceScaling(1.0, FanMode.IN, uniform=False),
    Penalty.L2,
    Activation.RELU,
    BatchNormSettings(0.997, 1e-5, center=True, scale=True),
)
MOBILENET_DEFAULT = ConvHyperparameters(
    TruncatedNormal(0.0, 0.09),
    Penalty.L2,
    Activation.RELU_6,
    BatchNormSettings(0.9997, 1e-3, center=True, scale=True),
)


def conv_hyperparameters(message: pb.Hyperparams, path: str) -> ConvHyperparameters:
    """Return the hyperparameters of a message.

    Args:
        message: The message.
        path: Its field path, for error messages.

    Raises:
        ConfigError: The message has group normalisation or an unknown initialiser.
    """
    return ConvHyperparameters(
        initializer=initializer_of(message.initializer, f"{path}.initializer"),
        penalty=penalty_of(message),
        activation=Activation[pb.Hyperparams.Activation.Name(message.activation)],
        batch_norm=_batch_norm(message, path),
        force_bias=message.force_use_bias,
    )


def chosen_predictor(ssd: pb.Ssd) -> pb.WeightSharedConvolutionalBoxPredictor | pb.ConvolutionalBoxPredictor:
    """Return the message of the box predictor that a config uses."""
    if ssd.box_predictor.WhichOneof("box_predictor_oneof") == "convolutional_box_predictor":
        return ssd.box_predictor.convolutional_box_predictor
    return ssd.box_predictor.weight_shared_convolutional_box_predictor


def penalty_of(message: pb.Hyperparams) -> Penalty:
    """Return the kind of regularisation of a message."""
    kinds = {"l1_regularizer": Penalty.L1, "l2_regularizer": Penalty.L2, None: Penalty.NONE}
    return kinds[message.regularizer.WhichOneof("regularizer_oneof")]


def penalty_weight(message: pb.Hyperparams) -> float:
    """Return the regularisation weight of a message, 0 if it has none."""
    kind = message.regularizer.WhichOneof("regularizer_oneof")
    return 0.0 if kind is None else float(getattr(message.regularizer, kind).weight)


def _batch_norm(message: pb.Hyperparams, path: str) -> BatchNormSettings | None:
    kind = message.WhichOneof("normalizer_oneof")
    if kind is None:
        return None
    if kind == "group_norm":
        raise ConfigError(f"{path}.group_norm is not supported; use batch_norm, or no normaliser")
    norm = getattr(message, kind)
    return BatchNormSettings(norm.decay, norm.epsilon, center=norm.center, scale=norm.scale)
