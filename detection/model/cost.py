"""The size of a network and the work of one image, by arithmetic on the shapes of its maps.

The network is traced with layers that pass on shapes instead of pixels, so that its structure is written once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.resizers import resizer_settings
from sweepbox.detection.model.hyperparameters import ConvHyperparameters
from sweepbox.detection.model.layers import LayerFactory
from sweepbox.detection.model.network import NetworkPlan
from sweepbox.detection.model.precision import Precision
from sweepbox.detection.model.static import detector_part

OPERATIONS_PER_GFLOP = 1e9


@dataclass(frozen=True)
class NetworkCost:
    """The cost of a network without its post-processing.

    Attributes:
        parameters: The number of weights, with the moving statistics of batch norms, as Keras counts them.
        gflop: The operations of the convolutions for one image in thousand millions; a multiplication with its
            addition counts as two.
    """

    parameters: int
    gflop: float


def network_cost(ssd: pb.Ssd) -> NetworkCost:
    """Return the cost of the network of a supported `model.ssd` message; ConfigError as in `NetworkPlan`."""
    return _cost_of(detector_part(ssd))


@lru_cache(maxsize=64)
def _cost_of(message: bytes) -> NetworkCost:
    """Return the cost by the static part of the message, once per program."""
    ssd = pb.Ssd.FromString(message)
    height, width = resizer_settings(ssd.image_resizer).output_size
    plan, factory = NetworkPlan(ssd, (height, width)), _ShapeFactory(Precision.FLOAT32, freeze_batch_norm=False)
    _, maps = plan.feature_maps(factory, Map(height, width, 3))
    plan.predictor(factory).heads(maps)
    return NetworkCost(factory.parameters, 2 * factory.multiply_adds / OPERATIONS_PER_GFLOP)


class Map(NamedTuple):
    """The size of the map of one image."""

    height: int
    width: int
    channels: int

    @property
    def shape(self) -> tuple[None, int, int, int]:
        """The shape as tensors have it: `[batch, height, width, channels]`."""
        return (None, *self)


@dataclass
class _Layer:
    """A layer on shapes; its parameters count once, its work in each call.

    Attributes:
        factory: The factory that sums up.
        output: The shape of its output, by that of its input.
        parameters: The number of its parameters, by the shape of its input.
        taps: The multiplications for each pixel of the output, by the shape of the input.
    """

    factory: "_ShapeFactory"
    output: Callable[[Any], Map]
    parameters: Callable[[Map], int] | None = None
    taps: Callable[[Map], int] | None = None
    is_counted: bool = False

    def __call__(self, inputs: Any) -> Map:
        output = self.output(inputs)
        if self.parameters is not None and not self.is_counted:
            self.factory.parameters += self.parameters(inputs)
            self.is_counted = True
        if self.taps is not None:
            self.factory.multiply_adds += self.taps(inputs) * output.height * output.width
        return output


@dataclass
class _ShapeFactory(LayerFactory):
    """Makes layers on shapes, and sums up what they cost."""

    parameters: int = field(default=0, init=False)
    multiply_adds: int = field(default=0, init=False)

    def conv(
        self,
        name: str,  # noqa: ARG002 - the factory's interface
        filters: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: str = "same",
        use_bias: bool = False,
        **_hyper: Any,
    ) -> Any:
        """Return a standard convolution."""
        return _Layer(
            self,
            lambda given: _convolved(given, filters, kernel_size, stride, padding),
            lambda given: (kernel_size**2 * given.channels + use_bias) * filters,
            lambda given: kernel_size**2 * given.channels * filters,
        )

    def depthwise(
        self,
        name: str,  # noqa: ARG002 - the factory's interface
        *,
        kernel_size: int = 3,
        stride: int = 1,
        padding: str = "same",
        use_bias: bool = False,
        **_kernel: Any,
    ) -> Any:
        """Return a depthwise convolution."""
        return _Layer(
            self,
            lambda given: _convolved(given, given.channels, kernel_size, stride, padding),
            lambda given: (kernel_size**2 + use_bias) * given.channels,
            lambda given: kernel_size**2 * given.channels,
        )

    def separable(
        self,
        name: str,  # noqa: ARG002 - the factory's interface
        filters: int,
        kernel_size: int,
        *,
        stride: int = 1,
        use_bias: bool = False,
        **_kernels: Any,
    ) -> Any:
        """Return a separable convolution."""
        return _Layer(
            self,
            lambda given: _convolved(given, filters, kernel_size, stride, "same"),
            lambda given: (kernel_size**2 + filters) * given.channels + use_bias * filters,
            lambda given: (kernel_size**2 + filters) * given.channels,
        )

    def initialise_bias(self, layer: Any, value: float) -> None:
        """Do nothing: there are no values."""

    def batch_norm(self, name: str, hyper: ConvHyperparameters) -> Any:  # noqa: ARG002 - the factory's interface
        """Return a batch norm, or what passes its input on if the hyperparameters have none."""
        settings = hyper.batch_norm
        if settings is None:
            return _Layer(self, _same)
        vectors = 2 + settings.scale + settings.center  # with the moving mean and the moving variance
        return _Layer(self, _same, lambda given: vectors * given.channels)

    def activation(self, *_arguments: Any) -> Any:
        """Return what passes its input on."""
        return _Layer(self, _same)

    def zero_padding(self, name: str, padding: tuple[tuple[int, int], tuple[int, int]]) -> Any:  # noqa: ARG002 - as there
        """Return a layer that adds rows and columns."""
        rows, columns = map(sum, padding)
        return _Layer(self, lambda given: Map(given.height + rows, given.width + columns, given.channels))

    def max_pool(self, name: str) -> Any:  # noqa: ARG002 - the factory's interface
        """Return a pooling with stride 2."""
        return _Layer(self, lambda given: _convolved(given, given.channels, 3, 2, "same"))

    def add(self, name: str) -> Any:  # noqa: ARG002 - the factory's interface
        """Return a layer that adds maps of one shape."""
        return _Layer(self, lambda maps: _same(maps[0]))

    def upsampling(self, name: str) -> Any:  # noqa: ARG002 - the factory's interface
        """Return a layer that doubles height and width."""
        return _Layer(self, lambda given: Map(2 * given.height, 2 * given.width, given.channels))

    def dropout(self, name: str, rate: float) -> Any:  # noqa: ARG002 - the factory's interface
        """Return what passes its input on."""
        return _Layer(self, _same)


def _same(given: Map) -> Map:
    return given


def _convolved(given: Map, filters: int, kernel_size: int, stride: int, padding: str) -> Map:
    """Return the shape of the output of a convolution."""
    lost = kernel_size - 1 if padding == "valid" else 0
    return Map(-(-(given.height - lost) // stride), -(-(given.width - lost) // stride), filters)
