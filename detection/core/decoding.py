"""The exceptions of image decoding."""

import struct
import zlib

from PIL import Image

DECODING_ERRORS = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error,
    Image.DecompressionBombError,
)  # fmt: skip
"""The exceptions that Pillow raises for a damaged image of any format."""
