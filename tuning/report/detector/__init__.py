"""What a sweep's report says about the winning detector, by its detections on the validation part."""
