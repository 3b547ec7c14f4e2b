"""Inference with an exported model: detections in images, drawings, JSON."""
