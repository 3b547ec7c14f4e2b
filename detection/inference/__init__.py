"""Use of an exported model: detections of pictures, drawings, JSON. Needs nothing of the house but its core."""
