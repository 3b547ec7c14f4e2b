"""A forecast of the memory that training takes, from the sizes in a config, before anything is built.

It counts the large arrays that every backend keeps: weights with their gradients and slots, the outputs of
convolutions for the backward pass, images, and the predictions and targets of all anchors. It is below what
training takes: a config that it refuses cannot be trained; another may still not fit.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.extractors import EXTRACTORS, Backbone, feature_levels, pyramid_depth
from sweepbox.detection.config.resizers import resizer_settings
from sweepbox.detection.core.errors import MemoryForecastError
from sweepbox.detection.core.machine_memory import machine_memory

FLOAT_BYTES = 4
COPIES_OF_WEIGHTS = 3
"""A weight, its gradient, and one slot of the optimizer."""

KEPT_OUTPUTS = 2
"""What the backward pass keeps of a convolution: its output, and the normalised one."""

_PARAMETERS = {Backbone.MOBILENET_V1: 3.2e6, Backbone.MOBILENET_V2: 2.2e6}
_RESNET_PARAMETERS = {50: 23.5e6, 101: 42.5e6, 152: 58.1e6}
"""The weights of the backbones at a depth multiplier of 1."""

_OUTPUTS_PER_PIXEL = {Backbone.MOBILENET_V1: 40.0, Backbone.MOBILENET_V2: 55.0}
_RESNET_OUTPUTS_PER_PIXEL = {50: 85.0, 101: 125.0, 152: 165.0}
"""The outputs of all convolutions of a backbone for each pixel of the image, at a depth multiplier of 1."""


@dataclass(frozen=True)
class MemoryForecast:
    """A lower estimate of the memory of training, in bytes.

    Attributes:
        weights: Weights, gradients and slots.
        outputs: Outputs of the network's layers for one batch.
        anchors: Predictions, targets and overlaps of all anchors for one batch.
        images: The images of one batch, as they come and as the network takes them.
    """

    weights: float
    outputs: float
    anchors: float
    images: float

    @property
    def total(self) -> float:
        """The sum, in bytes."""
        return self.weights + self.outputs + self.anchors + self.images

    def __str__(self) -> str:
        """Return the parts in words."""
        parts = {
            "weights with gradients": self.weights,
            "outputs of layers": self.outputs,
            "anchors": self.anchors,
            "images": self.images,
        }
        shown = ", ".join(f"{gigabytes(size)} {name}" for name, size in parts.items())
        return f"about {gigabytes(self.total)} (an estimate: {shown})"


def gigabytes(size: float) -> str:
    """Return a number of bytes in GB."""
    return f"{size / 1e9:,.1f} GB"


def forecast_memory(config: pb.TrainEvalPipelineConfig) -> MemoryForecast:
    """Return the memory that training a supported config takes at least."""
    ssd, batch = config.model.ssd, config.train_config.batch_size
    height, width = resizer_settings(ssd.image_resizer).output_size
    boxes = max(1, config.train_input_reader.max_number_of_boxes)
    cells = list(_cells(ssd))
    per_cell, columns = _anchors_per_cell(ssd), ssd.num_classes + 1
    anchors = sum(cells) * per_cell
    parameters, outputs = _backbone(ssd, height * width)
    for weights, made in (_maps(ssd, cells), _predictor(ssd, cells, per_cell * (4 + columns))):
        parameters += weights
        outputs += made
    return MemoryForecast(
        weights=parameters * COPIES_OF_WEIGHTS * FLOAT_BYTES,
        outputs=batch * outputs * FLOAT_BYTES,
        anchors=batch * anchors * (2 * columns + 8 + min(boxes, 8)) * FLOAT_BYTES,
        images=batch * height * width * 3 * (FLOAT_BYTES + 1),
    )


def check_memory(config: pb.TrainEvalPipelineConfig) -> None:
    """Raise MemoryForecastError if training a supported config takes more memory than the machine has."""
    forecast, memory = forecast_memory(config), machine_memory()
    if forecast.total > memory:
        height, width = resizer_settings(config.model.ssd.image_resizer).output_size
        raise MemoryForecastError(
            f"training takes {forecast}, and the machine has {gigabytes(memory)}; lower "
            f"train_config.batch_size = {config.train_config.batch_size}, the image size of {height}x{width} "
            "or the widths of the network"
        )


def _cells(ssd: pb.Ssd) -> Iterator[int]:
    """Yield the number of cells of each map that the predictor receives."""
    height, width = resizer_settings(ssd.image_resizer).output_size
    for level in feature_levels(ssd.feature_extractor):
        yield -(-height // 2**level) * -(-width // 2**level)


def _anchors_per_cell(ssd: pb.Ssd) -> int:
    generator = ssd.anchor_generator
    if generator.HasField("multiscale_anchor_generator"):
        anchors = generator.multiscale_anchor_generator
        return len(anchors.aspect_ratios) * anchors.scales_per_octave
    return len(generator.ssd_anchor_generator.aspect_ratios)


def _backbone(ssd: pb.Ssd, pixels: int) -> tuple[float, float]:
    """Return the weights of the backbone, and the outputs that it keeps of one image."""
    kind, multiplier = EXTRACTORS[ssd.feature_extractor.type], ssd.feature_extractor.depth_multiplier
    if kind.backbone is Backbone.RESNET_V1:
        weights, outputs = _RESNET_PARAMETERS[kind.depth], _RESNET_OUTPUTS_PER_PIXEL[kind.depth]
    else:
        weights, outputs = _PARAMETERS[kind.backbone], _OUTPUTS_PER_PIXEL[kind.backbone]
    return weights * multiplier**2, outputs * multiplier * pixels


def _maps(ssd: pb.Ssd, cells: list[int]) -> tuple[float, float]:
    """Return the weights of the feature pyramid, and the outputs that it keeps of one image."""
    extractor = ssd.feature_extractor
    if not EXTRACTORS[extractor.type].pyramid:
        return 0, 0
    depth = pyramid_depth(extractor)
    kernel = depth if extractor.use_depthwise else 9 * depth
    return len(cells) * kernel * depth, KEPT_OUTPUTS * depth * sum(cells)


def _predictor(ssd: pb.Ssd, cells: list[int], columns: int) -> tuple[float, float]:
    """Return the weights of the predictor, and the outputs that it keeps of one image."""
    kind = ssd.box_predictor.WhichOneof("box_predictor_oneof")
    if kind != "weight_shared_convolutional_box_predictor":
        message = ssd.box_predictor.convolutional_box_predictor
        taps = 1 if message.use_depthwise else message.kernel_size**2
        return taps * max(message.min_depth, 16) * columns * len(cells), columns * sum(cells)
    shared = ssd.box_predictor.weight_shared_convolutional_box_predictor
    taps = 1 if shared.use_depthwise else shared.kernel_size**2
    towers = shared.num_layers_before_predictor * (1 if shared.share_prediction_tower else 2)
    depth = shared.depth if towers else 0
    weights = taps * depth * (depth * towers + columns)
    return weights, (KEPT_OUTPUTS * towers * depth + columns) * sum(cells)
