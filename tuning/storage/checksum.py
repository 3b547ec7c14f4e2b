"""A checksum as the last key of a JSON object, by which a change is noticed that leaves valid JSON."""

import re
import zlib

KEY = "crc32"
_END = re.compile(r"\s*\}\s*\Z")
_CHECKED_END = re.compile(rb',(?:\n  | )"crc32": "([0-9a-f]{8})"(\s*\}\s*)\Z')


def with_checksum(text: str) -> str:
    """Return the text of a JSON object that is not empty with the checksum of this text as its last key."""
    end = str(_END.findall(text)[-1])
    separator = ",\n  " if "\n" in end.rstrip() else ", "
    checksum = f'{separator}"{KEY}": "{zlib.crc32(text.encode()):08x}"'
    return text[: len(text) - len(end)] + checksum + end


def without_checksum(text: bytes) -> bytes:
    """Return the text of which `with_checksum` was made, or a text that has no checksum as it is.

    Raises:
        ValueError: The checksum is not that of the text.
    """
    found = _CHECKED_END.search(text)
    if found is None:
        return text
    original = text[: found.start()] + found[2]
    if zlib.crc32(original) != int(found[1], 16):
        raise ValueError("its content does not have its checksum")
    return original
