"""Finds the frame of an annotation's boxes: the stored image, or the upright one by its EXIF orientation."""

from dataclasses import dataclass

from sweepbox.detection.data.dataset.defects import DefectKind
from sweepbox.detection.data.dataset.images import ORIENTATIONS, TURNED_ORIENTATIONS, ImageMetadata
from sweepbox.detection.data.dataset.voc import VocAnnotation

ASPECT_TOLERANCE = 0.01
"""The largest relative difference of aspect ratios at which an image counts as resized."""
_EDGE_PIXELS = 1.0
"""Boxes of 1-based coordinates may reach one pixel past the edge."""

Size = tuple[int, int]
Finding = tuple[DefectKind, bool, str]
"""Kind, whether it breaks training, and description."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame that an annotation's boxes refer to, in pixels.

    With `turn` the image must be rotated by its EXIF orientation to fit the frame.
    """

    width: int
    height: int
    turn: bool


def check_frame(annotation: VocAnnotation, metadata: ImageMetadata) -> tuple[Frame | None, list[Finding]]:
    """Return the frame of the boxes (None if it is unknown) and what is wrong with size and orientation.

    The size that the annotation states decides, if it is that of the stored or of the upright image alone; a
    size of the same aspect ratio at another scale means that the image was resized after annotation, and the
    boxes are scaled. Without a size, the extent of the boxes decides, if they fit into one of the two only.
    Where neither decides (the image is square, or the orientation keeps width and height), the boxes are read
    as stored and the image is listed.
    """
    stored = (metadata.width, metadata.height)
    findings: list[Finding] = []
    frames = [Frame(*stored, turn=False)]
    if metadata.orientation in TURNED_ORIENTATIONS:
        frames.append(Frame(*stored[::-1], turn=True))
    if annotation.width is None or annotation.height is None:
        fitting = _by_boxes(frames, annotation)
    else:
        stated = (annotation.width, annotation.height)
        fitting, findings = _by_size(frames, stated, stored)
        if not fitting:
            return None, findings
    if metadata.orientation not in ORIENTATIONS:
        return fitting[0], findings
    is_decided = len(fitting) == 1 and len(frames) == 2
    if not is_decided and not annotation.objects:
        return fitting[0], findings
    return fitting[0], [*findings, _orientation(metadata.orientation, fitting[0], is_decided=is_decided)]


def _by_size(frames: list[Frame], stated: Size, stored: Size) -> tuple[list[Frame], list[Finding]]:
    """Return the frames of the stated size, else scaled those of its aspect ratio, else none."""
    equal = [frame for frame in frames if (frame.width, frame.height) == stated]
    if equal:
        return equal, []
    scaled = [Frame(*stated, turn=frame.turn) for frame in frames if _has_shape(frame, stated)]
    message = f"it states {stated[0]} x {stated[1]}, the image has {stored[0]} x {stored[1]}"
    if scaled:
        message += " (same aspect ratio: the boxes are scaled)"
    return scaled, [(DefectKind.SIZE_CONTRADICTS_IMAGE, not scaled, message)]


def _has_shape(frame: Frame, stated: Size) -> bool:
    first, second = stated[0] * frame.height, stated[1] * frame.width
    return abs(first - second) <= ASPECT_TOLERANCE * max(first, second)


def _by_boxes(frames: list[Frame], annotation: VocAnnotation) -> list[Frame]:
    """Return the frames that all boxes fit into, or all frames if there is none."""
    right = max((item.box_pixels[2] for item in annotation.objects), default=0.0)
    bottom = max((item.box_pixels[3] for item in annotation.objects), default=0.0)
    return [
        frame
        for frame in frames
        if right <= frame.width + _EDGE_PIXELS and bottom <= frame.height + _EDGE_PIXELS
    ] or frames


def _orientation(orientation: int, frame: Frame, *, is_decided: bool) -> Finding:
    """Return the finding about an image that viewers turn or mirror."""
    if is_decided:
        reading = "upright" if frame.turn else "as stored"
        message = f"EXIF orientation {orientation}; its boxes refer to the image {reading}"
        return DefectKind.TURNED_BY_EXIF, False, message
    message = (
        f"EXIF orientation {orientation}; neither size nor boxes show whether its boxes refer to the image as "
        "stored or upright, and they are read as stored: compare them with the image, and remove the "
        "orientation or rotate the pixels"
    )
    return DefectKind.ORIENTATION_UNCLEAR, False, message
