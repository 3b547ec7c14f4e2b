"""Which post-processing of a config is supported, and which of its values make sense."""

from collections.abc import Iterator

from detection.config import pipeline_pb2 as pb
from detection.config.rules import Absent, Check, Only, Range
from detection.config.support_parts import SSD, for_ssd

NMS = f"{SSD}.post_processing.batch_non_max_suppression"


def check_detections(ssd: pb.Ssd) -> Iterator[str]:
    """Check that a class does not have more detections than the image."""
    nms = ssd.post_processing.batch_non_max_suppression
    if nms.max_detections_per_class > nms.max_total_detections:
        yield (
            f"{NMS}.max_detections_per_class = {nms.max_detections_per_class} exceeds max_total_detections = "
            f"{nms.max_total_detections}; lower it"
        )


POST_PROCESSING_CHECKS: tuple[Check, ...] = (
    Range(f"{NMS}.score_threshold", 0, 1),
    Range(f"{NMS}.iou_threshold", 0, 1),
    Range(f"{NMS}.max_detections_per_class", 1),
    Range(f"{NMS}.max_total_detections", 1),
    Only(f"{NMS}.soft_nms_sigma", (0.0,)),
    Only(f"{NMS}.use_class_agnostic_nms", (False,)),
    Only(f"{NMS}.use_combined_nms", (False,)),
    Range(f"{SSD}.post_processing.logit_scale", 0, above=True),
    Absent(f"{SSD}.post_processing.calibration_config"),
    for_ssd(check_detections),
)
"""What `model.ssd.post_processing` is checked for."""
