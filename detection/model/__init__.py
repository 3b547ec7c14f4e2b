"""The detector in Keras: backbone, feature pyramid, predictor, targets, losses, post-processing."""
