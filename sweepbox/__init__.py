"""Hyperparameter search for SSD object detectors."""
