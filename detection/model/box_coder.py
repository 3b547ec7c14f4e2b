"""The Faster R-CNN box coder (Ren et al. 2015, arXiv:1506.01497): encodes a box relative to an anchor."""

from dataclasses import dataclass
from typing import Any

from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb

EPSILON = 1e-8
"""Added to the sides of anchors and boxes in encoding, so that the code of an empty box is finite."""


@dataclass(frozen=True)
class BoxCoder:
    """Encodes boxes as `[ty, tx, th, tw]`, each multiplied by its scale."""

    scales: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)

    @classmethod
    def of(cls, message: pb.FasterRcnnBoxCoder) -> "BoxCoder":
        """Return the box coder of a config."""
        return cls((message.y_scale, message.x_scale, message.height_scale, message.width_scale))

    def encode(self, boxes_yxyx: Any, anchors_yxyx: Any) -> Any:
        """Return the codes of boxes relative to anchors, both `[..., 4]`."""
        centre, size = _centre_and_size(boxes_yxyx)
        anchor_centre, anchor_size = _centre_and_size(anchors_yxyx)
        anchor_size = anchor_size + EPSILON
        codes = ops.concatenate(
            [(centre - anchor_centre) / anchor_size, ops.log((size + EPSILON) / anchor_size)], axis=-1
        )
        return codes * ops.convert_to_tensor(self.scales, "float32")

    def decode(self, codes: Any, anchors_yxyx: Any) -> Any:
        """Return the boxes of codes relative to anchors, both `[..., 4]`; boxes are not clipped."""
        anchor_centre, anchor_size = _centre_and_size(anchors_yxyx)
        unscaled = codes / ops.convert_to_tensor(self.scales, "float32")
        centre = unscaled[..., :2] * anchor_size + anchor_centre
        half = ops.exp(unscaled[..., 2:]) * anchor_size / 2.0
        return ops.concatenate([centre - half, centre + half], axis=-1)


def _centre_and_size(boxes_yxyx: Any) -> tuple[Any, Any]:
    """Return centres and sizes `[..., 2]` (y, x) of boxes `[..., 4]`."""
    size = boxes_yxyx[..., 2:] - boxes_yxyx[..., :2]
    return boxes_yxyx[..., :2] + size / 2.0, size
