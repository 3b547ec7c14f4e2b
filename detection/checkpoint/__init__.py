"""Weights and training state on disk, written atomically."""
