"""The sample data set: drawn scenes of people with and without face masks, annotated like photographs."""

from sweepbox.detection.data.sample.dataset import CLASS_NAMES, draw_sample

__all__ = ["CLASS_NAMES", "draw_sample"]
