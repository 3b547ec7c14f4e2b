"""Checkpoints made into models that run elsewhere, in the Object Detection API's SavedModel format."""
