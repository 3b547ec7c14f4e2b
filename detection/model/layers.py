"""The layers of the network: made in one place, with their names, initial values and penalties."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import keras
from keras import ops

from sweepbox.detection.core.seeds import derive_seed, generator
from sweepbox.detection.model.batch_norm import BatchNorm
from sweepbox.detection.model.convolution import Convolution
from sweepbox.detection.model.hyperparameters import Activation, ConvHyperparameters
from sweepbox.detection.model.initializers import GLOROT_UNIFORM, Constant, Initializer
from sweepbox.detection.model.precision import Precision
from sweepbox.detection.model.variables import assign_variables


class KernelGroup(Enum):
    """Parts of the network whose kernels share one penalty."""

    BACKBONE = "backbone"
    FEATURE_PYRAMID = "feature_pyramid"
    PREDICTOR = "predictor"


class NearestUpsampling(keras.layers.Layer):  # type: ignore[misc]
    """Repeat each pixel 2 × 2: `[batch, height, width, channels]` to `[batch, 2 height, 2 width, channels]`."""

    def call(self, inputs: Any) -> Any:
        """Return the enlarged map."""
        _, height, width, channels = inputs.shape
        rows = ops.stack([inputs, inputs], axis=2)
        pixels = ops.stack([ops.reshape(rows, (-1, 2 * height, width, channels))] * 2, axis=3)
        return ops.reshape(pixels, (-1, 2 * height, 2 * width, channels))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the enlarged shape."""
        batch, height, width, channels = input_shape
        return (batch, 2 * (height or 0), 2 * (width or 0), channels)


@dataclass(frozen=True)
class KernelRule:
    """Where a weight comes from: the variable `attribute` of `layer`, and which penalty covers it."""

    layer: Any
    attribute: str
    initializer: Initializer
    penalised_in: KernelGroup | None

    @property
    def variable(self) -> Any:
        """The Keras variable; the layer must be built."""
        return getattr(self.layer, self.attribute)


@dataclass
class LayerFactory:
    """Makes the layers of one network and remembers how each kernel starts and which penalty covers it."""

    precision: Precision
    freeze_batch_norm: bool
    rules: list[KernelRule] = field(default_factory=list)
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
        """Return an ordinary convolution."""
        layer = Convolution(
            filters, kernel_size, strides=stride, padding=padding, use_bias=use_bias, **self._options(name)
        )
        self.rules.append(KernelRule(layer, "kernel", hyper.initializer, group))
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
        """Return a depthwise convolution; `kernel` is the kernel's initialiser and group.

        By default the kernel starts as Keras' layers do and bears no penalty, as the original's does outside
        its backbones.
        """
        options = self._options(name)
        options["depthwise_initializer"] = options.pop("kernel_initializer")
        layer = keras.layers.DepthwiseConv2D(
            kernel_size, strides=stride, padding=padding, use_bias=use_bias, **options
        )
        self.rules.append(KernelRule(layer, "kernel", *kernel))
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
        """Return a depthwise convolution and a 1 × 1 after it; each kernel with its initialiser and group.

        By default the pointwise kernel starts as Keras' layers do and bears no penalty, as in the original.
        """
        options = self._options(name)
        options["depthwise_initializer"] = options["pointwise_initializer"] = options.pop("kernel_initializer")
        layer = keras.layers.SeparableConv2D(
            filters, kernel_size, strides=stride, padding="same", use_bias=use_bias, **options
        )
        self.rules.append(KernelRule(layer, "depthwise_kernel", *depthwise))
        self.rules.append(KernelRule(layer, "pointwise_kernel", *pointwise))
        return layer

    def start_bias_at(self, layer: Any, value: float) -> None:
        """Make a layer's bias start at a value other than 0."""
        self.rules.append(KernelRule(layer, "bias", Constant(value), None))

    def batch_norm(self, name: str, hyper: ConvHyperparameters) -> Any:
        """Return a batch norm, or a layer that does nothing where the hyperparameters have none."""
        if hyper.batch_norm is None:
            return keras.layers.Identity(name=name, dtype=self.precision.policy)
        return BatchNorm(
            hyper.batch_norm, frozen=self.freeze_batch_norm, name=name, dtype=self.precision.policy
        )

    def activation(self, name: str, activation: Activation) -> Any:
        """Return a non-linearity."""
        return keras.layers.Activation(activation.value, name=name, dtype=self.precision.policy)

    def zero_padding(self, name: str, padding: tuple[tuple[int, int], tuple[int, int]]) -> Any:
        """Return a layer that adds rows (before, after) and columns (before, after) of zeros."""
        return keras.layers.ZeroPadding2D(padding, name=name, dtype=self.precision.policy)

    def max_pool(self, name: str) -> Any:
        """Return the 3 × 3 pooling with stride 2."""
        return keras.layers.MaxPooling2D(3, 2, padding="same", name=name, dtype=self.precision.policy)

    def add(self, name: str) -> Any:
        """Return a layer that adds a list of maps."""
        return keras.layers.Add(name=name, dtype=self.precision.policy)

    def upsampling(self, name: str) -> Any:
        """Return a layer that doubles height and width."""
        return NearestUpsampling(name=name, dtype=self.precision.policy)

    def dropout(self, name: str, rate: float) -> Any:
        """Return a dropout layer whose random state `initialise` resets."""
        layer = keras.layers.Dropout(rate, seed=0, name=name, dtype=self.precision.policy)
        self.dropouts.append(layer)
        return layer

    def initialise(self, network: Any, seed: int) -> None:
        """Redraw every weight of the built network in place; a pure function of seed and variable paths."""
        initializers = {id(rule.variable): rule.initializer for rule in self.rules}
        values = []
        for variable in network.weights:
            fallback = Constant(float(variable.name in ("gamma", "moving_variance")))
            initializer = initializers.get(id(variable), fallback)
            values.append(initializer.draw(generator(seed, "weights", variable.path), tuple(variable.shape)))
        assign_variables(network.weights, values)
        for layer in self.dropouts:
            state = layer.seed_generator.state
            state.assign([derive_seed(seed, "dropout", layer.name) % 2**31, 0])

    def penalised(self, group: KernelGroup) -> tuple[Any, ...]:
        """Return the kernels of the built network that a group's penalty covers."""
        return tuple(rule.variable for rule in self.rules if rule.penalised_in is group)

    def _options(self, name: str) -> dict[str, Any]:
        return {"name": name, "dtype": self.precision.policy, "kernel_initializer": "zeros"}
