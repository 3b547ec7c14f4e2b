"""The box and class predictor with convolutions that are shared by all levels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.model.hyperparameters import ConvHyperparameters, conv_hyperparameters
from sweepbox.detection.model.initializers import GLOROT_UNIFORM
from sweepbox.detection.model.layers import KernelGroup, LayerFactory

PATH = "model.ssd.box_predictor.weight_shared_convolutional_box_predictor"
CODE_SIZE = 4


@dataclass
class WeightSharedPredictor:
    """Adds towers and heads to a graph; kernels are shared by all levels, batch norms are separate.

    Attributes:
        factory: Creates the layers.
        message: The box predictor.
        boxes_per_cell: The number of anchors per cell.
        num_columns: The number of class columns, including the background.
    """

    factory: LayerFactory
    message: pb.WeightSharedConvolutionalBoxPredictor
    boxes_per_cell: int
    num_columns: int

    @cached_property
    def hyper(self) -> ConvHyperparameters:
        """The hyperparameters of the predictor's convolutions."""
        return conv_hyperparameters(self.message.conv_hyperparams, f"{PATH}.conv_hyperparams")

    def __call__(self, pyramid: Mapping[int, Any]) -> dict[str, Any]:
        """Return float32 `box_encodings` `[batch, anchors, 4]` and `class_logits` `[batch, anchors, columns]`.

        Anchors are ordered by level, row, column, number in the cell.
        """
        boxes, logits = self.heads(pyramid)
        return raw_predictions(self.message, boxes, logits, self.num_columns)

    def heads(self, pyramid: Mapping[int, Any]) -> tuple[list[Any], list[Any]]:
        """Return the outputs of the box head and of the class head for each level."""
        box_maps, class_maps = self._tower_outputs(pyramid)
        if self.message.use_dropout:
            dropout = self.factory.dropout("class_dropout", 1.0 - self.message.dropout_keep_probability)
            class_maps = [dropout(maps) for maps in class_maps]
        box_head = self._head("box_head", CODE_SIZE)
        class_head = self._head("class_head", self.num_columns)
        self.factory.initialise_bias(class_head, self.message.class_prediction_bias_init)
        return [box_head(maps) for maps in box_maps], [class_head(maps) for maps in class_maps]

    def _tower_outputs(self, pyramid: Mapping[int, Any]) -> tuple[list[Any], list[Any]]:
        """Return the inputs of the box head and of the class head for each level."""
        if self.message.share_prediction_tower:
            shared = self._tower(pyramid, "prediction_tower")
            return shared, shared
        return self._tower(pyramid, "box_tower"), self._tower(pyramid, "class_tower")

    def _tower(self, pyramid: Mapping[int, Any], name: str) -> list[Any]:
        convs = [
            self._tower_conv(f"{name}_{index}_conv")
            for index in range(self.message.num_layers_before_predictor)
        ]
        outputs = []
        for level, inputs in pyramid.items():
            maps = inputs
            for index, conv in enumerate(convs):
                layer = f"{name}_{index}_level_{level}"
                maps = self.factory.batch_norm(f"{layer}_bn", self.hyper)(conv(maps))
                maps = self.factory.activation(f"{layer}_activation", self.hyper.activation)(maps)
            outputs.append(maps)
        return outputs

    def _tower_conv(self, name: str) -> Any:
        group = KernelGroup.PREDICTOR
        size, depth = self.message.kernel_size, self.message.depth
        if not self.message.use_depthwise:
            return self.factory.conv(
                name, depth, size, hyper=self.hyper, group=group, use_bias=self.hyper.use_bias
            )
        configured = (self.hyper.initializer, group)
        pointwise = configured if self.message.apply_conv_hyperparams_pointwise else (GLOROT_UNIFORM, None)
        return self.factory.separable(
            name, depth, size, depthwise=configured, pointwise=pointwise, use_bias=self.hyper.use_bias
        )

    def _head(self, name: str, columns: int) -> Any:
        """Return the convolution of a head; a separable one has Keras' defaults unless flags change that."""
        group = KernelGroup.PREDICTOR
        channels = self.boxes_per_cell * columns
        size = self.message.kernel_size
        if not self.message.use_depthwise:
            return self.factory.conv(name, channels, size, hyper=self.hyper, group=group, use_bias=True)
        default = (GLOROT_UNIFORM, None)
        configured = (self.hyper.initializer, group)
        in_heads = self.message.apply_conv_hyperparams_to_heads
        return self.factory.separable(
            name,
            channels,
            size,
            depthwise=configured if in_heads else default,
            pointwise=configured if in_heads and self.message.apply_conv_hyperparams_pointwise else default,
            use_bias=True,
        )


def raw_predictions(
    message: pb.WeightSharedConvolutionalBoxPredictor | pb.ConvolutionalBoxPredictor,
    box_maps: Sequence[Any],
    class_maps: Sequence[Any],
    num_columns: int,
) -> dict[str, Any]:
    """Return float32 `box_encodings` and `class_logits` from the outputs of the heads, one map per level."""
    boxes = _flattened(box_maps, CODE_SIZE)
    if message.HasField("box_encodings_clip_range"):
        boxes = ops.clip(boxes, message.box_encodings_clip_range.min, message.box_encodings_clip_range.max)
    return {"box_encodings": boxes, "class_logits": _flattened(class_maps, num_columns)}


def _flattened(maps: Sequence[Any], columns: int) -> Any:
    """Concatenate maps `[batch, height, width, cell · columns]` to float32 `[batch, anchors, columns]`."""
    rows = [
        ops.reshape(level, (-1, level.shape[1] * level.shape[2] * level.shape[3] // columns, columns))
        for level in maps
    ]
    return ops.cast(ops.concatenate(rows, axis=1) if len(rows) > 1 else rows[0], "float32")
