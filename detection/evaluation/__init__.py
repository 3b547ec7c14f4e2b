"""How good detections are: COCO metrics and the average precision of each class."""
