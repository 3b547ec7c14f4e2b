"""Evaluation of detections: COCO and Pascal VOC metrics."""
