"""The defects of a data set."""

from dataclasses import KW_ONLY, asdict, dataclass
from enum import Enum
from typing import Any


class DefectKind(Enum):
    """The kinds of defects; the values are the words that reports use."""

    MALFORMED_ANNOTATION = "malformed annotation"
    IMAGE_MISSING = "annotation without image"
    ANNOTATION_MISSING = "image without annotation"
    UNREADABLE_IMAGE = "unreadable image"
    FORMAT_CONTRADICTS_NAME = "format contradicts name"
    SIZE_CONTRADICTS_IMAGE = "size contradicts image"
    TURNED_BY_EXIF = "turned by EXIF"
    ORIENTATION_UNCLEAR = "unclear EXIF orientation"
    BOX_OUTSIDE = "box outside the image"
    BOX_EMPTY = "empty box"
    BOX_INVERTED = "inverted box"
    UNKNOWN_CLASS = "unknown class"
    DUPLICATE_OBJECT = "duplicate object"
    SECOND_ANNOTATION = "second annotation of an image"
    DUPLICATE_IMAGE = "duplicate image"
    SIMILAR_CLASS_NAMES = "similar class names"


NEEDS_DECISION = (DefectKind.ORIENTATION_UNCLEAR, DefectKind.SIMILAR_CLASS_NAMES)
"""The kinds that only a person can settle; `prepare` uses the data as they are."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect with its file and, for a defect of an object, the object's index in the annotation (from 0).

    `breaking` is True if training on the unchanged data would fail or learn wrong boxes or classes.
    """

    kind: DefectKind
    file: str
    message: str
    _: KW_ONLY
    breaking: bool
    object_index: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the defect as a JSON object."""
        return {**asdict(self), "kind": self.kind.value}

    def __str__(self) -> str:
        """Return the defect as one line."""
        place = self.file if self.object_index is None else f"{self.file}: object {self.object_index}"
        return f"{place}: {self.kind.value}: {self.message}"
