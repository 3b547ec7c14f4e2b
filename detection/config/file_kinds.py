"""Recognises files that are saved or named by mistake instead of a config or a label map."""

import re

_MAGIC = (
    (b"\xff\xfe", "text in UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16; save it as UTF-8"),
    (b"PK\x03\x04", "a zip archive; unpack it and name the file in it"),
    (b"\x1f\x8b", "a gzip archive; unpack it and name the file in it"),
    (b"\x89PNG", "a picture; name the text file"),
    (b"\xff\xd8\xff", "a picture; name the text file"),
    (b"%PDF", "a PDF document; name the text file"),
    (b"\x89HDF", "a file of weights (HDF5); name the text file"),
)
"""The first bytes of files that are not text in UTF-8, with what they are."""

_NAME_TEXT = "name the file in protobuf's text format"
_TEXTS = (
    (r"<!doctype html|<html\b|<head\b", "an HTML page; download the file itself (the raw file), not its page"),
    (r"<\?xml|<annotation\b", f"an XML file; {_NAME_TEXT}"),
    (r"version https://git-lfs", "a pointer of Git LFS; fetch the file itself (git lfs pull)"),
    (r"\{\s*(\"|\})|\[\s*[\{\"]", f"a JSON file; {_NAME_TEXT}"),
    (r"%YAML|---\s*$|(name|space|base_config)\s*:\s*(\w|$)", f"a YAML file; {_NAME_TEXT}"),
    (r"(from|import)\s+\w|#!.*python", f"a program in Python; {_NAME_TEXT}"),
)
"""How texts begin that are not in protobuf's text format, after comments, with what they are."""

_COMMENTS = re.compile(r"(\s|#(?!!)[^\n]*\n)*")
_BEGINNING = 4096


def kind_of_bytes(data: bytes) -> str | None:
    """Return what a file is that is not text in UTF-8, with the remedy; None if it is not known."""
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)


def kind_of_text(text: str) -> str | None:
    """Return what a text is that is not in protobuf's text format, with the remedy; None if it may be."""
    start = _COMMENTS.sub("", text[:_BEGINNING], count=1)
    for pattern, kind in _TEXTS:
        if re.match(pattern, start, re.IGNORECASE | re.MULTILINE):
            return kind
    return None


def of_another_schema(text: str, *, is_config: bool) -> str | None:
    """Return what a text is that belongs to the other of the two schemas; None if it does not."""
    start = _COMMENTS.sub("", text[:_BEGINNING], count=1)
    if is_config and re.match(r"item\s*:?\s*[{<]", start):
        return "a label map; name a pipeline.config"
    if not is_config and re.match(r"(model|train_config|train_input_reader)\s*:?\s*[{<]", start):
        return "a pipeline.config; name a label map"
    return None
