"""The detector as a Keras program: backbone, feature pyramid, predictor, targets, losses, detections."""
