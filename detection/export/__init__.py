"""Export of checkpoints to the SavedModel and checkpoint formats of the Object Detection API."""
