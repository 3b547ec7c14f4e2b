"""What all other packages use: boxes, label maps, detections, errors, atomic files, seeds, metric names."""
