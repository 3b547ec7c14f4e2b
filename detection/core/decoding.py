"""What goes wrong where image files are decoded."""

import struct
import zlib

from PIL import Image

DECODING_ERRORS = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error,
    Image.DecompressionBombError,
)  # fmt: skip
"""What Pillow raises on a damaged image, whatever its format."""
