"""The anchors of a detector, by the anchor generator of its config."""

from collections.abc import Sequence

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.model import anchors
from sweepbox.detection.model.anchors import Float32Array, feature_shape, multiscale_anchors
from sweepbox.detection.model.ssd_anchors import ssd_anchor_specs, ssd_anchors

Shape = tuple[int, int]


def is_multiscale(message: pb.AnchorGenerator) -> bool:
    """Return whether the anchors are multiscale anchors of pyramid levels, not those of the classic SSD."""
    return bool(message.WhichOneof("anchor_generator_oneof") == "multiscale_anchor_generator")


def boxes_per_cell(message: pb.AnchorGenerator, num_maps: int) -> list[int]:
    """Return the number of anchors per cell of each feature map."""
    if is_multiscale(message):
        return [anchors.boxes_per_cell(message.multiscale_anchor_generator)] * num_maps
    return [len(cell) for cell in ssd_anchor_specs(message.ssd_anchor_generator)]


def anchors_of(
    message: pb.AnchorGenerator, *, image_size: Shape, padded_size: Shape, levels: Sequence[int]
) -> Float32Array:
    """Return the anchors float32 `[anchors, 4]`, ordered by level, row, column, number in the cell.

    See `multiscale_anchors` and `ssd_anchors`.
    """
    if is_multiscale(message):
        return multiscale_anchors(
            message.multiscale_anchor_generator, image_size=image_size, padded_size=padded_size, levels=levels
        )
    shapes = [feature_shape(padded_size, level) for level in levels]
    return ssd_anchors(message.ssd_anchor_generator, image_size=image_size, feature_shapes=shapes)
