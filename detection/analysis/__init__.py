"""What a detector does well and badly on annotated images: curves, confusions, calibration, label suspects."""
