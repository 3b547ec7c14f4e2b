"""Reads and writes Pascal VOC annotation files."""

import math
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.limits import ANNOTATION_BYTES
from sweepbox.detection.core.regular_files import read_regular

SIDES = ("xmin", "ymin", "xmax", "ymax")
FLAGS = ("difficult", "truncated", "occluded")
LARGEST_PIXELS = 1_000_000.0
"""The largest size and coordinate, in pixels; no format of images has longer sides."""

_TRUE_WORDS = ("1", "true", "yes", "y", "t")
_FALSE_WORDS = (
    "", "0", "false", "no", "n", "f", "unspecified", "unknown", "undefined", "none", "null", "nan", "n/a", "na",
    "-1", "-", "?",
)  # fmt: skip
"""What annotation tools write for a flag that is set, and for one that is not set or not known."""


@dataclass(frozen=True, slots=True)
class VocObject:
    """One annotated object; `box_pixels` is xmin, ymin, xmax, ymax as in the file, finite but not checked."""

    name: str
    box_pixels: tuple[float, float, float, float]
    difficult: bool = False
    truncated: bool = False
    occluded: bool = False
    pose: str = "Unspecified"


@dataclass(frozen=True, slots=True)
class VocAnnotation:
    """One annotation file; `width` and `height` are None if the file does not state them (or states 0)."""

    path: Path
    filename: str
    width: int | None
    height: int | None
    objects: tuple[VocObject, ...]


def read_annotation(path: Path) -> VocAnnotation:
    """Read one Pascal VOC file.

    Document types and entities are rejected, nothing external is loaded, and files above `ANNOTATION_BYTES` or
    of extreme depth are not read. DataError names file, line or object, and the problem.
    """
    root = _parse(path)
    if root.tag != "annotation":
        raise DataError(
            f"{path}: the root element is <{root.tag}>, expected <annotation>: not a Pascal VOC file"
        )
    width, height = (_stated_side(path, root, side) for side in ("width", "height"))
    objects = tuple(_read_object(path, index, element) for index, element in enumerate(root.findall("object")))
    return VocAnnotation(path, _text(root, "filename"), width, height, objects)


def _parse(path: Path) -> etree._Element:
    """Return the root element of an XML file without document type and entities."""
    data = read_regular(path, ANNOTATION_BYTES)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        tree = etree.fromstring(data, parser).getroottree()
    except etree.XMLSyntaxError as error:
        raise DataError(f"{path}: malformed XML: {error.msg}; repair or remove the file") from error
    if tree.docinfo.internalDTD is not None:
        raise DataError(
            f"{path}: it declares a document type or entities, which are not accepted; remove the <!DOCTYPE>"
        )
    return tree.getroot()


def _text(element: etree._Element, tag: str, default: str = "") -> str:
    """Return the stripped text of a child, or the default if it is absent or empty."""
    return (element.findtext(tag) or "").strip() or default


def _number(path: Path, place: str, text: str, *, least: float = -LARGEST_PIXELS) -> float:
    """Return a length in pixels; DataError if it is no number from `least` to `LARGEST_PIXELS`."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= LARGEST_PIXELS:
        raise DataError(
            f"{path}: {place} is {_shortened(text)}, expected a number of pixels from {least:g} to "
            f"{LARGEST_PIXELS:.0f}"
        )
    return value


def _shortened(text: str) -> str:
    """Return a text in quotes for messages, cut if it is long, with control characters escaped."""
    return repr(text if len(text) <= 60 else f"{text[:60]}…")


def _flag(path: Path, place: str, text: str) -> bool:
    """Return the value of a flag; a number above 0 counts as set."""
    word = text.lower()
    if word in _FALSE_WORDS or word in _TRUE_WORDS:
        return word in _TRUE_WORDS
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{path}: {place} is {_shortened(text)}, expected 0 or 1")
    return value > 0


def _stated_side(path: Path, root: etree._Element, side: str) -> int | None:
    """Return the stated width or height; some tools write 0 for unknown."""
    text = _text(root, f"size/{side}")
    return (int(_number(path, f"size/{side}", text, least=0)) or None) if text else None


def _read_object(path: Path, index: int, element: etree._Element) -> VocObject:
    name = _text(element, "name")
    place = f"object {index} ({_shortened(name)[1:-1]})" if name else f"object {index}"
    if not name:
        raise DataError(f"{path}: {place} has no <name>; state its class")
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in name):
        raise DataError(
            f"{path}: {place} has a <name> with a line break or control character; write it in one line"
        )
    texts = {side: _text(element, f"bndbox/{side}") for side in SIDES}
    missing = [side for side, text in texts.items() if not text]
    if missing:
        raise DataError(f"{path}: {place} has no bndbox/{missing[0]}; complete its box")
    xmin, ymin, xmax, ymax = (_number(path, f"{place}: bndbox/{side}", text) for side, text in texts.items())
    flags = {flag: _flag(path, f"{place}: {flag}", _text(element, flag)) for flag in FLAGS}
    return VocObject(name, (xmin, ymin, xmax, ymax), pose=_text(element, "pose", "Unspecified"), **flags)


def format_annotation(
    filename: str, *, width: int, height: int, objects: tuple[VocObject, ...], folder: str = "images"
) -> bytes:
    """Return a Pascal VOC file as UTF-8; integral box coordinates are written as integers."""
    root = etree.Element("annotation")
    for tag, text in (("folder", folder), ("filename", filename)):
        etree.SubElement(root, tag).text = text
    size = etree.SubElement(root, "size")
    for tag, value in (("width", width), ("height", height), ("depth", 3)):
        etree.SubElement(size, tag).text = str(value)
    etree.SubElement(root, "segmented").text = "0"
    for voc_object in objects:
        _append_object(root, voc_object)
    return etree.tostring(root, pretty_print=True, encoding="utf-8")


def _append_object(root: etree._Element, voc_object: VocObject) -> None:
    element = etree.SubElement(root, "object")
    etree.SubElement(element, "name").text = voc_object.name
    etree.SubElement(element, "pose").text = voc_object.pose
    for flag in ("truncated", "occluded", "difficult"):
        etree.SubElement(element, flag).text = str(int(getattr(voc_object, flag)))
    box = etree.SubElement(element, "bndbox")
    for side, value in zip(SIDES, voc_object.box_pixels, strict=True):
        etree.SubElement(box, side).text = f"{value:g}" if value == int(value) else repr(value)
