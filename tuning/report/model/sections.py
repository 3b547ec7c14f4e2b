"""The sections of a report that take more than a moment to compute, in its model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SearchModel:
    """What the search tells about the parameters.

    Attributes:
        importance: The share of each parameter in what makes trials good (PED-ANOVA), the largest first.
        note: From how many trials it is computed, or why there is none.
    """

    importance: Mapping[str, float]
    note: str


@dataclass(frozen=True)
class DataPartModel:
    """A part of the data: its name, its images and objects, and how many images have no object."""

    name: str
    images: int
    objects: int | None
    images_without_objects: int | None


@dataclass(frozen=True)
class DefectModel:
    """Defects of one kind that were found when the data were prepared, and the first of them as text."""

    kind: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class DataModel:
    """The data of the sweep.

    Attributes:
        source: What it was read from.
        parts: The parts.
        classes: The classes, each `{name, PART: objects}`.
        image_sizes: `{width, height}`, each `{min, median, max}` in pixels; empty where they are not known.
        duplicate_images: How many images are there twice.
        defects: What was wrong with the annotations.
    """

    source: str
    parts: tuple[DataPartModel, ...]
    classes: tuple[Mapping[str, Any], ...]
    image_sizes: Mapping[str, Any]
    duplicate_images: int | None
    defects: tuple[DefectModel, ...]


@dataclass(frozen=True)
class PairedModel:
    """A paired comparison of two trials on the same validation images.

    Attributes:
        first: A trial.
        second: Another trial.
        metrics: By metric `{difference, low, high}`: first minus second, with its 90 % interval.
        images: The number of images.
    """

    first: str
    second: str
    metrics: Mapping[str, Mapping[str, float]]
    images: int


@dataclass(frozen=True)
class ReportSections:
    """The parts of a report that take more than a moment to compute; None where they were not computed."""

    search: SearchModel | None = None
    data: DataModel | None = None
    detector: Mapping[str, Any] | None = None
    paired: tuple[PairedModel, ...] = ()
