"""Weights and training state on disk, whole or not at all."""
