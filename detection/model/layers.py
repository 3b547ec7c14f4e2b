"""Creates the layers of a network, with their names, initialisers and regularisation."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import keras
from keras import ops

from sweepbox.detection.core.seeds import derive_seed, generator
from sweepbox.detection.model.batch_norm import BatchNorm
from sweepbox.detection.model.convolution import (
    Convolution,
    DepthwiseConvolution,
    SeparableConvolution,
)
from sweepbox.detection.model.hyperparameters import Activation, ConvHyperparameters
from sweepbox.detection.model.initializers import GLOROT_UNIFORM, Constant, Initializer
from sweepbox.detection.model.precision import Precision
from sweepbox.detection.model.variables import assign_variables


class KernelGroup(Enum):
    """The parts of the network whose kernels have the same regularisation."""

    BACKBONE = "backbone"
    FEATURE_PYRAMID = "feature_pyramid"
    PREDICTOR = "predictor"


class NearestUpsampling(keras.layers.Layer):  # type: ignore[misc]
    """Repeat each pixel 2 × 2: `[batch, height, width, channels]` to `[batch, 2 height, 2 width, channels]`."""

    def call(self, inputs: Any) -> Any:
        """Return the upsampled map."""
        _, height, width, channels = inputs.shape
        rows = ops.stack([inputs, inputs], axis=2)
        pixels = ops.stack([ops.reshape(rows, (-1, 2 * height, width, channels))] * 2, axis=3)
        return ops.reshape(pixels, (-1, 2 * height, 2 * width, channels))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the upsampled shape."""
        batch, height, width, channels = input_shape
        return (batch, 2 * (height or 0), 2 * (width or 0), channels)


@dataclass(frozen=True)
class WeightSpec:
    """The initialiser and regularisation of one weight.

    Attributes:
        layer: The layer of the weight.
        attribute: Its attribute of the layer.
        initializer: The initialiser.
        group: The group with whose weight it is regularised, None if it is not regularised.
    """

    layer: Any
    attribute: str
    initializer: Initializer
    group: KernelGroup | None

    @property
    def variable(self) -> Any:
        """The Keras variable; the layer must be built."""
        return getattr(self.layer, self.attribute)


@dataclass
class LayerFactory:
    """Creates the layers of one network, and records the initialiser and regularisation of each kernel."""

    precision: Precision
    freeze_batch_norm: bool
    specs: list[WeightSpec] = field(default_factory=list)
    dropouts: list[Any] = field(default_factory=list)

    def conv(
        self,
        name: str,
        filters: int,
        kernel_size: int,
        *,
        hyper: ConvHyperparameters,
        group: KernelGroup,
        stride: int = 1,
        padding: str = "same",
        use_bias: bool = False,
    ) -> Any:
        """Return a standard convolution."""
        layer = Convolution(
            filters, kernel_size, strides=stride, padding=padding, use_bias=use_bias, **self._options(name)
        )
        self.specs.append(WeightSpec(layer, "kernel", hyper.initializer, group))
        return layer

    def depthwise(
        self,
        name: str,
        *,
        kernel: tuple[Initializer, KernelGroup | None] = (GLOROT_UNIFORM, None),
        kernel_size: int = 3,
        stride: int = 1,
        padding: str = "same",
        use_bias: bool = False,
    ) -> Any:
        """Return a depthwise convolution.

        Args:
            name: The name of the layer.
            kernel: Initialiser and group of the kernel. By default it has the default initialiser of Keras and
                is not regularised, as in the original outside of backbones.
            kernel_size: The size of the kernel.
            stride: The stride.
            padding: The padding mode.
            use_bias: Whether there is a bias.
        """
        options = self._options(name)
        options["depthwise_initializer"] = options.pop("kernel_initializer")
        layer = DepthwiseConvolution(kernel_size, strides=stride, padding=padding, use_bias=use_bias, **options)
        self.specs.append(WeightSpec(layer, "kernel", *kernel))
        return layer

    def separable(
        self,
        name: str,
        filters: int,
        kernel_size: int,
        *,
        depthwise: tuple[Initializer, KernelGroup | None],
        pointwise: tuple[Initializer, KernelGroup | None] = (GLOROT_UNIFORM, None),
        stride: int = 1,
        use_bias: bool = False,
    ) -> Any:
        """Return a separable convolution: a depthwise one followed by a pointwise one.

        Args:
            name: The name of the layer.
            filters: The number of output channels.
            kernel_size: The size of the depthwise kernel.
            depthwise: Initialiser and group of the depthwise kernel.
            pointwise: Initialiser and group of the pointwise kernel. By default it has the default initialiser
                of Keras and is not regularised, as in the original.
            stride: The stride.
            use_bias: Whether there is a bias.
        """
        options = self._options(name)
        options["depthwise_initializer"] = options["pointwise_initializer"] = options.pop("kernel_initializer")
        layer = SeparableConvolution(
            filters, kernel_size, strides=stride, padding="same", use_bias=use_bias, **options
        )
        self.specs.append(WeightSpec(layer, "depthwise_kernel", *depthwise))
        self.specs.append(WeightSpec(layer, "pointwise_kernel", *pointwise))
        return layer

    def initialise_bias(self, layer: Any, value: float) -> None:
        """Set the initial value of a layer's bias."""
        self.specs.append(WeightSpec(layer, "bias", Constant(value), None))

    def batch_norm(self, name: str, hyper: ConvHyperparameters) -> Any:
        """Return a batch norm, or an identity layer if the hyperparameters have none."""
        if hyper.batch_norm is None:
            return keras.layers.Identity(name=name, dtype=self.precision.policy)
        return BatchNorm(
            hyper.batch_norm, frozen=self.freeze_batch_norm, name=name, dtype=self.precision.policy
        )

    def activation(self, name: str, activation: Activation) -> Any:
        """Return an activation layer."""
        return keras.layers.Activation(activation.value, name=name, dtype=self.precision.policy)

    def zero_padding(self, name: str, padding: tuple[tuple[int, int], tuple[int, int]]) -> Any:
        """Return a layer that adds rows (before, after) and columns (before, after) of zeros."""
        return keras.layers.ZeroPadding2D(padding, name=name, dtype=self.precision.policy)

    def max_pool(self, name: str) -> Any:
        """Return a 3 × 3 max pooling with stride 2."""
        return keras.layers.MaxPooling2D(3, 2, padding="same", name=name, dtype=self.precision.policy)

    def add(self, name: str) -> Any:
        """Return a layer that adds a list of maps."""
        return keras.layers.Add(name=name, dtype=self.precision.policy)

    def upsampling(self, name: str) -> Any:
        """Return a layer that doubles height and width."""
        return NearestUpsampling(name=name, dtype=self.precision.policy)

    def dropout(self, name: str, rate: float) -> Any:
        """Return a dropout layer; `initialise` resets its random state."""
        layer = keras.layers.Dropout(rate, seed=0, name=name, dtype=self.precision.policy)
        self.dropouts.append(layer)
        return layer

    def initialise(self, network: Any, seed: int) -> None:
        """Initialise all weights of the built network in place; they depend on seed and variable paths only."""
        initializers = {id(spec.variable): spec.initializer for spec in self.specs}
        values = []
        for variable in network.weights:
            fallback = Constant(float(variable.name in ("gamma", "moving_variance")))
            initializer = initializers.get(id(variable), fallback)
            values.append(initializer.draw(generator(seed, "weights", variable.path), tuple(variable.shape)))
        assign_variables(network.weights, values)
        for layer in self.dropouts:
            state = layer.seed_generator.state
            state.assign([derive_seed(seed, "dropout", layer.name) % 2**31, 0])

    def regularised(self, group: KernelGroup) -> tuple[Any, ...]:
        """Return the regularised kernels of a group; the network must be built."""
        return tuple(spec.variable for spec in self.specs if spec.group is group)

    def _options(self, name: str) -> dict[str, Any]:
        return {"name": name, "dtype": self.precision.policy, "kernel_initializer": "zeros"}
