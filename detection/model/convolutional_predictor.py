"""The box and class predictor of the classic SSD (Liu et al. 2016), with separate convolutions for each map."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.model.hyperparameters import ConvHyperparameters, conv_hyperparameters
from sweepbox.detection.model.layers import KernelGroup, LayerFactory
from sweepbox.detection.model.predictor import CODE_SIZE, raw_predictions

PATH = "model.ssd.box_predictor.convolutional_box_predictor"
GROUP = KernelGroup.PREDICTOR


@dataclass
class ConvolutionalPredictor:
    """Adds the layers and heads of each feature map to a graph.

    As in the original, `apply_sigmoid_to_scores` has no effect, and the bias of a depthwise class head is
    initialised to 0, not to `class_prediction_bias_init`.

    Attributes:
        factory: Creates the layers.
        message: The box predictor.
        boxes_per_cell: The number of anchors per cell of each map.
        num_columns: The number of class columns, including the background.
    """

    factory: LayerFactory
    message: pb.ConvolutionalBoxPredictor
    boxes_per_cell: Sequence[int]
    num_columns: int

    @cached_property
    def hyper(self) -> ConvHyperparameters:
        """The hyperparameters of the predictor's convolutions."""
        return conv_hyperparameters(self.message.conv_hyperparams, f"{PATH}.conv_hyperparams")

    def __call__(self, maps: Mapping[int, Any]) -> dict[str, Any]:
        """Return float32 `box_encodings` `[batch, anchors, 4]` and `class_logits` `[batch, anchors, columns]`.

        Anchors are ordered by level, row, column, number in the cell.
        """
        boxes, logits = self.heads(maps)
        return raw_predictions(self.message, boxes, logits, self.num_columns)

    def heads(self, maps: Mapping[int, Any]) -> tuple[list[Any], list[Any]]:
        """Return the outputs of the box head and of the class head for each map."""
        boxes, logits = [], []
        for (level, inputs), anchors in zip(maps.items(), self.boxes_per_cell, strict=True):
            shared = self._shared(inputs, level)
            boxes.append(self._head(shared, f"box_head_level_{level}", anchors * CODE_SIZE, bias=0.0))
            if self.message.use_dropout:
                rate = 1.0 - self.message.dropout_keep_probability
                shared = self.factory.dropout(f"class_dropout_level_{level}", rate)(shared)
            bias = 0.0 if self.message.use_depthwise else self.message.class_prediction_bias_init
            name = f"class_head_level_{level}"
            logits.append(self._head(shared, name, anchors * self.num_columns, bias=bias))
        return boxes, logits

    def _shared(self, inputs: Any, level: int) -> Any:
        """Return a map after the 1 × 1 convolutions before its heads; there are none if the depth is 0."""
        depth = max(min(inputs.shape[-1], self.message.max_depth), self.message.min_depth)
        maps = inputs
        for index in range(self.message.num_layers_before_predictor if depth > 0 else 0):
            name = f"predictor_{index}_level_{level}"
            conv = self.factory.conv(
                f"{name}_conv", depth, 1, hyper=self.hyper, group=GROUP, use_bias=self.hyper.use_bias
            )
            maps = self._norm(conv(maps), name)
        return maps

    def _head(self, inputs: Any, name: str, channels: int, *, bias: float) -> Any:
        """Return the raw output of a head for one map."""
        maps, size = inputs, self.message.kernel_size
        if self.message.use_depthwise:
            depthwise = self.factory.depthwise(
                f"{name}_depthwise_conv", kernel_size=size, use_bias=self.hyper.use_bias
            )
            maps, size = self._norm(depthwise(inputs), f"{name}_depthwise"), 1
        head = self.factory.conv(name, channels, size, hyper=self.hyper, group=GROUP, use_bias=True)
        self.factory.initialise_bias(head, bias)
        return head(maps)

    def _norm(self, inputs: Any, name: str) -> Any:
        maps = self.factory.batch_norm(f"{name}_bn", self.hyper)(inputs)
        return self.factory.activation(f"{name}_activation", self.hyper.activation)(maps)
