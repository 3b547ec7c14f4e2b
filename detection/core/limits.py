"""The limits on what is read from files, and how to raise them."""

import os
from dataclasses import dataclass

from sweepbox.detection.core.errors import UsageError


@dataclass(frozen=True)
class Limit:
    """A limit on a size, which an environment variable replaces.

    Attributes:
        variable: The environment variable with another limit.
        default: The limit without that variable.
        unit: What is counted.
        subject: What is limited.
    """

    variable: str
    default: int
    unit: str
    subject: str

    @property
    def value(self) -> int:
        """The limit; UsageError if the variable is not a whole number above 0."""
        text = os.environ.get(self.variable, "").strip()
        if not text:
            return self.default
        if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text) > 0):
            raise UsageError(
                f"{self.variable} is {text[:40]!r}; set it to a whole number of {self.unit} above 0"
            )
        return int(text)

    def excess(self, found: int | str) -> str:
        """Return the part of a message that states a size above the limit and how to raise the limit."""
        remedy = f"set {self.variable} to allow more"
        return f"{found} {self.unit} are too many for {self.subject} (at most {self.value}; {remedy})"


IMAGE_PIXELS = Limit("SWEEPBOX_MAX_IMAGE_PIXELS", 100_000_000, "pixels", "an image")
"""Width times height of an image. A pixel takes up to 30 bytes while it is decoded, resized and drawn on."""

IMAGE_BYTES = Limit("SWEEPBOX_MAX_IMAGE_BYTES", 512 * 2**20, "bytes", "an image file")
"""The size of an image file."""

ANNOTATION_BYTES = Limit("SWEEPBOX_MAX_ANNOTATION_BYTES", 16 * 2**20, "bytes", "an annotation")
"""The size of a Pascal VOC file."""

RECORD_BYTES = Limit("SWEEPBOX_MAX_RECORD_BYTES", 2**30, "bytes", "a record")
"""The size of one record in a TFRecord file."""

DESCRIPTION_BYTES = Limit("SWEEPBOX_MAX_DESCRIPTION_BYTES", 2**30, "bytes", "a description")
"""The size of the `dataset.json` of prepared records."""

JSON_BYTES = Limit("SWEEPBOX_MAX_JSON_BYTES", 64 * 2**20, "bytes", "a JSON file")
"""The size of a JSON file, or of the lines of metrics, in the folder of a sweep, a run or a model."""

WEIGHTS_BYTES = Limit("SWEEPBOX_MAX_WEIGHTS_BYTES", 8 * 2**30, "bytes", "weights")
"""The size of all arrays in a file of weights, as it declares them."""

TRIALS = Limit("SWEEPBOX_MAX_TRIALS", 100_000, "trials", "a sweep's folder")
"""The folders of trials that are read."""

LIMITS = (
    IMAGE_PIXELS,
    IMAGE_BYTES,
    ANNOTATION_BYTES,
    RECORD_BYTES,
    DESCRIPTION_BYTES,
    JSON_BYTES,
    WEIGHTS_BYTES,
    TRIALS,
)
