"""Folders of images with Pascal VOC annotations: finds the files and reads the XML."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lxml import etree

from sweepbox.detection.core.errors import DataError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
IMAGE_FOLDERS = ("images", "jpegimages")
ANNOTATION_FOLDERS = ("annotations",)
LARGEST_ANNOTATION_BYTES = 16 * 2**20
SIDES = ("xmin", "ymin", "xmax", "ymax")


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


@dataclass(frozen=True)
class VocFolder:
    """The images of a data set by file name, and its annotation files, each sorted by name."""

    path: Path
    images: Mapping[str, Path]
    annotations: tuple[Path, ...]

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        """The names of the images by their stem."""
        by_stem: dict[str, list[str]] = {}
        for name in self.images:
            by_stem.setdefault(Path(name).stem, []).append(name)
        return by_stem

    def image_of(self, annotation: Path, filename: str | None) -> Path | None:
        """Return the image that an annotation file belongs to, or None.

        It is the image with the same stem as the annotation; if there are several, the one that the
        annotation's `filename` names. `filename` alone decides only if there is none, because many tools leave
        an outdated name there.
        """
        candidates = self._by_stem.get(annotation.stem, [])
        stated = Path(filename.replace("\\", "/")).name if filename else None
        if stated in candidates or (not candidates and stated in self.images):
            return self.images[str(stated)]
        return self.images[candidates[0]] if candidates else None


def find_voc(folder: Path) -> VocFolder:
    """Find images and annotations below `folder`.

    They are in `images/` and `annotations/`, in `JPEGImages/` and `Annotations/`, or together in the folder
    itself. DataError if there is no annotation or no image.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder; give one with images/ and annotations/")
    image_folder, annotation_folder = _subfolder(folder, IMAGE_FOLDERS), _subfolder(folder, ANNOTATION_FOLDERS)
    images = sorted(path for path in image_folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    annotations = sorted(path for path in annotation_folder.iterdir() if path.suffix.lower() == ".xml")
    for kind, found, place, remedy in (
        ("image", images, image_folder, f"files named {', '.join(IMAGE_SUFFIXES[:3])} …"),
        ("annotation", annotations, annotation_folder, "Pascal VOC files named .xml"),
    ):
        if not found:
            raise DataError(f"{place}: no {kind} found; put {remedy} there (or into images/ and annotations/)")
    return VocFolder(folder, {path.name: path for path in images}, tuple(annotations))


def _subfolder(folder: Path, names: tuple[str, ...]) -> Path:
    """Return the subfolder of one of the (lower-examined) names, or the folder itself."""
    found = sorted(path for path in folder.iterdir() if path.name.lower() in names and path.is_dir())
    return found[0] if found else folder


def read_annotation(path: Path) -> VocAnnotation:
    """Read one Pascal VOC file.

    Document types and entities are rejected, nothing external is loaded, and files of more than 16 MiB or of
    extreme depth are not read. DataError names file, line or object, and the problem.
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
    size = path.stat().st_size
    if size > LARGEST_ANNOTATION_BYTES:
        raise DataError(
            f"{path}: {size} bytes are too many for an annotation (at most {LARGEST_ANNOTATION_BYTES})"
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        tree = etree.fromstring(path.read_bytes(), parser).getroottree()
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


def _number(path: Path, place: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{path}: {place} is {text!r}, expected a number")
    return value


def _stated_side(path: Path, root: etree._Element, side: str) -> int | None:
    """Return the stated width or height; some tools write 0 for unknown."""
    text = _text(root, f"size/{side}")
    return (int(_number(path, f"size/{side}", text)) or None) if text else None


def _read_object(path: Path, index: int, element: etree._Element) -> VocObject:
    name = _text(element, "name")
    place = f"object {index} ({name})" if name else f"object {index}"
    if not name:
        raise DataError(f"{path}: {place} has no <name>; state its class")
    texts = {side: _text(element, f"bndbox/{side}") for side in SIDES}
    missing = [side for side, text in texts.items() if not text]
    if missing:
        raise DataError(f"{path}: {place} has no bndbox/{missing[0]}; complete its box")
    xmin, ymin, xmax, ymax = (_number(path, f"{place}: bndbox/{side}", text) for side, text in texts.items())
    flags = {
        flag: _text(element, flag, "0") not in ("0", "false", "False")
        for flag in ("difficult", "truncated", "occluded")
    }
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
