"""Finds the images and Pascal VOC annotations of a data set in the usual layouts, and pairs them."""

import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sweepbox.detection.core.errors import DataError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
ANNOTATION_SUFFIXES = (".xml",)
IMAGE_FOLDERS = ("images", "jpegimages")
ANNOTATION_FOLDERS = ("annotations",)
LAYOUTS = (
    "images/ and annotations/ (or JPEGImages/ and Annotations/), both in one folder, or either in subfolders "
    "such as train/ and valid/"
)
_SAME_PART = {*IMAGE_FOLDERS, *ANNOTATION_FOLDERS, "xmls", "xml", "labels"}
"""Names of folders that do not tell one part of a data set from another."""
_IGNORED_FOLDERS = ("__macosx",)
_MAX_DEPTH = 5
_OTHER_FORMATS = {
    ".txt": "YOLO text files are not read",
    ".json": "COCO and LabelMe JSON is not read",
    ".csv": "CSV tables are not read",
    ".tfrecord": "TFRecords need no preparation: train on them",
    ".record": "TFRecords need no preparation: train on them",
}


@dataclass(frozen=True)
class VocFolder:
    """The images of a data set, and its annotation files, each sorted by path.

    Attributes:
        path: The folder of the data set.
        images: The images by unique name: the name of the file, or its path below `path` where several files
            have that name.
        annotations: The annotation files.
    """

    path: Path
    images: Mapping[str, Path]
    annotations: tuple[Path, ...]

    def image_of(self, annotation: Path, filename: str | None) -> Path | None:
        """Return the image that an annotation file belongs to; None if there is none, or there are several.

        It is the image with the same stem as the annotation; if there are several, the one that the
        annotation's `filename` names. `filename` alone decides only if there is none, because many tools leave
        an outdated name there. Names are equal if they are composed of the same characters; if there is no
        such image, the case of letters is ignored.
        """
        candidates = self.candidates(annotation, filename)
        stated = {path for path in candidates if filename and _composed(path.name) == _stated_name(filename)}
        for found in (stated, candidates):
            if len({path.parent for path in found}) == 1:
                return min(found)
        return None

    def candidates(self, annotation: Path, filename: str | None) -> list[Path]:
        """Return the images that an annotation file may belong to, of those the nearest by folder."""
        stated = _stated_name(filename) if filename else ""
        for fold in (_composed, _folded):
            by_stem, by_name = self._indices[fold]
            for index, key in (
                (by_stem, annotation.stem),
                (by_name, stated),
                (by_stem, stated),
                (by_stem, Path(stated).stem),
            ):
                if found := index.get(fold(key)):
                    return self._nearest(found, annotation)
        return []

    @cached_property
    def names(self) -> dict[Path, str]:
        """The unique name of each image."""
        return {path: name for name, path in self.images.items()}

    @property
    def image_folders(self) -> tuple[str, ...]:
        """The folders of the images, below the folder of the data set."""
        return tuple(sorted({path.parent.relative_to(self.path).as_posix() for path in self.images.values()}))

    def _nearest(self, images: Sequence[Path], annotation: Path) -> list[Path]:
        """Return the images in the annotation's folder, else those in the same part of the data, else all."""
        beside = [path for path in images if path.parent == annotation.parent]
        part = self._part(annotation)
        return beside or [path for path in images if self._part(path) == part] or list(images)

    def _part(self, path: Path) -> tuple[str, ...]:
        """Return the folders that tell one part of a data set from another, such as `train`."""
        parts = path.parent.relative_to(self.path).parts
        return tuple(part.lower() for part in parts if part.lower() not in _SAME_PART)

    @cached_property
    def _indices(self) -> dict[Callable[[str], str], tuple[dict[str, list[Path]], dict[str, list[Path]]]]:
        """The images by stem and by name, each with composed characters and without the case of letters."""
        indices: dict[Callable[[str], str], tuple[dict[str, list[Path]], dict[str, list[Path]]]] = {}
        for fold in (_composed, _folded):
            by_stem: dict[str, list[Path]] = {}
            by_name: dict[str, list[Path]] = {}
            for path in self.images.values():
                by_stem.setdefault(fold(path.stem), []).append(path)
                by_name.setdefault(fold(path.name), []).append(path)
            indices[fold] = (by_stem, by_name)
        return indices


def _composed(text: str) -> str:
    """Return a text with composed characters: file systems and tools write accents in two ways."""
    return unicodedata.normalize("NFC", text)


def _folded(text: str) -> str:
    """Return a text without the case of its letters."""
    return _composed(text).casefold()


def _stated_name(filename: str) -> str:
    """Return the name of the file in an annotation's `filename`, which may be a path of another system."""
    return _composed(Path(filename.replace("\\", "/")).name)


def find_voc(folder: Path) -> VocFolder:
    """Find images and annotations below `folder`.

    Images are in `images/` or `JPEGImages/`, annotations in `annotations/`, beside their images, or anywhere
    below `folder`. Subfolders are searched where a folder itself has none of them. Hidden files, such as the
    `._NAME` that macOS leaves in archives, are ignored. DataError if there is no annotation or no image; the
    message says what was found.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder; give one with images/ and annotations/")
    tree = _Tree(folder)
    images, annotations = tree.images(), tree.annotations()
    for kind, found, wanted in (
        ("image", images, f"files named {', '.join(IMAGE_SUFFIXES[:3])} …"),
        ("annotation", annotations, "Pascal VOC files named .xml"),
    ):
        if not found:
            raise DataError(
                f"{folder}: no {kind} found: {tree.contents()}; name a folder with {wanted}, in {LAYOUTS}"
            )
    counts = Counter(_composed(path.name) for path in images)
    named = {
        path.name if counts[_composed(path.name)] == 1 else path.relative_to(folder).as_posix(): path
        for path in images
    }
    return VocFolder(folder, named, tuple(annotations))


def has_annotations(folder: Path) -> bool:
    """Return whether a folder has Pascal VOC files in one of the usual layouts."""
    return bool(_Tree(folder).annotations())


class _Tree:
    """The files below a folder, by folder."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._files = dict(_walk(top))
        self._image_roots = self._roots(IMAGE_FOLDERS)
        self._annotation_roots = self._roots(ANNOTATION_FOLDERS)

    def images(self) -> list[Path]:
        """Return the images: in the folders for images, or else anywhere."""
        found = self._in(self._image_roots, IMAGE_SUFFIXES)
        return found or self._in([self._top], IMAGE_SUFFIXES, search=not self._is_flat)

    def annotations(self) -> list[Path]:
        """Return the annotations: in the folders for annotations, or else beside images, or else anywhere."""
        for roots in (self._annotation_roots, self._image_roots):
            if found := self._in(roots, ANNOTATION_SUFFIXES):
                return found
        return self._in([self._top], ANNOTATION_SUFFIXES, search=not self._is_flat)

    def contents(self) -> str:
        """Return what kinds of files there are and where, for messages."""
        counts = Counter(
            (path.suffix.lower() or "no suffix", path.parent.relative_to(self._top).as_posix())
            for files in self._files.values()
            for path in files
        )
        if not counts:
            return "the folder has no file"
        listed = [
            f"{count} files with {suffix}" + ("" if place == "." else f" in {place}/")
            for (suffix, place), count in counts.most_common(4)
        ]
        hints = {hint for suffix, _ in counts if (hint := _OTHER_FORMATS.get(suffix))}
        return "there are " + ", ".join(listed) + "".join(f" ({hint})" for hint in sorted(hints))

    @property
    def _is_flat(self) -> bool:
        """Whether the top folder itself, with the folders of known names, has both kinds of files."""
        return all(
            self._in(roots, suffixes) or self._direct(self._top, suffixes)
            for roots, suffixes in (
                (self._image_roots, IMAGE_SUFFIXES),
                (self._annotation_roots, ANNOTATION_SUFFIXES),
            )
        )

    def _roots(self, names: Sequence[str]) -> list[Path]:
        """Return the topmost folders that have one of the names."""
        roots: list[Path] = []
        for folder in self._files:
            is_named = folder != self._top and folder.name.lower() in names
            if is_named and not any(root in folder.parents for root in roots):
                roots.append(folder)
        return roots

    def _in(self, roots: Iterable[Path], suffixes: Sequence[str], *, search: bool = True) -> list[Path]:
        """Return the files in each root, or else, with `search`, in its subfolders."""
        found: list[Path] = []
        for root in roots:
            direct = self._direct(root, suffixes) if not search or root != self._top else []
            below = (folder for folder in self._files if folder == root or root in folder.parents)
            found += direct or [path for folder in below if search for path in self._direct(folder, suffixes)]
        return sorted(found)

    def _direct(self, folder: Path, suffixes: Sequence[str]) -> list[Path]:
        return [path for path in self._files[folder] if path.suffix.lower() in suffixes]


def _walk(top: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Yield each folder with its files, parents first, without hidden ones and none of them twice."""
    seen: set[str] = set()
    for folder, children, names in os.walk(top, followlinks=True):
        place = os.path.realpath(folder)
        depth = len(Path(folder).relative_to(top).parts)
        visible = sorted(child for child in children if not _is_ignored(child))
        children[:] = visible if depth < _MAX_DEPTH and place not in seen else []
        if place not in seen:
            yield Path(folder), [Path(folder, name) for name in sorted(names) if not name.startswith(".")]
        seen.add(place)


def _is_ignored(folder: str) -> bool:
    return folder.startswith(".") or folder.lower() in _IGNORED_FOLDERS
