"""What of a config can be trained; `check_supported` runs the checks of all files here."""

from sweepbox.detection.config.support.check import (
    AUGMENTATIONS,
    check_supported,
    mentions_checkpoint,
    problems_of,
)

__all__ = ["AUGMENTATIONS", "check_supported", "mentions_checkpoint", "problems_of"]
