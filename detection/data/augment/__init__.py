"""Augmentation and resizing on the device: from a batch of uint8 images to the network's input."""

from typing import TYPE_CHECKING

from sweepbox.detection.core.lazy import lazy_names

if TYPE_CHECKING:
    from sweepbox.detection.data.augment.preprocessor import Preprocessed, Preprocessor, build_preprocessor

__all__ = ["Preprocessed", "Preprocessor", "build_preprocessor"]

__getattr__ = lazy_names(__name__, dict.fromkeys(__all__, "preprocessor"))
