"""Augmentation and resizing on the device: from a batch of uint8 images to what the network sees."""

from detection.data.augment.preprocessor import Preprocessed, Preprocessor, build_preprocessor

__all__ = ["Preprocessed", "Preprocessor", "build_preprocessor"]
