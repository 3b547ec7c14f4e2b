"""Writing the sample data set: images, annotations and the label map."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from sweepbox.detection.config.label_map import save_label_map
from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.core.files import atomic_directory
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.seeds import generator
from sweepbox.detection.data.dataset.voc import VocObject, format_annotation
from sweepbox.detection.data.sample.canvas import chance
from sweepbox.detection.data.sample.mask import Wearing
from sweepbox.detection.data.sample.scene import draw_scene

CLASS_NAMES = ("with_mask", "without_mask", "mask_weared_incorrect")
DEAL = (*[CLASS_NAMES[0]] * 5, *[CLASS_NAMES[1]] * 2, CLASS_NAMES[2])
"""Of each eight faces in a row so many are of each class."""
FACES = (3, 7)
SIDES = (64, 2048)


def draw_sample(
    out: Path,
    *,
    images: int = 96,
    size: int = 320,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> None:
    """Draw `images` scenes of `size` × `size` pixels into the folder `out`, which appears complete.

    It gets `images/*.jpg`, `annotations/*.xml` (Pascal VOC) and `label_map.pbtxt`. The same arguments draw
    the same bytes; scene number i is the same whatever the number of scenes. `on_progress` is called with the
    number of scenes drawn and their total. UsageError if an argument is out of range or `out` already
    holds something.
    """
    _check(out, images, size)
    with atomic_directory(out) as folder:
        for name in ("images", "annotations"):
            (folder / name).mkdir()
        save_label_map(LabelMap.of(CLASS_NAMES), folder / "label_map.pbtxt")
        faces = 0
        for index in range(images):
            rng = generator(seed, "sample scene", index)
            count = int(rng.integers(FACES[0], FACES[1] + 1))
            _draw_one(folder, index, rng, [_class_of(seed, face) for face in range(faces, faces + count)], size)
            faces += count
            if on_progress is not None:
                on_progress(index + 1, images)


def _check(out: Path, images: int, size: int) -> None:
    if images < 1:
        raise UsageError(f"images is {images}; draw at least 1")
    if not SIDES[0] <= size <= SIDES[1]:
        raise UsageError(f"size is {size}; choose {SIDES[0]} to {SIDES[1]} pixels")
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: a file stands there; choose another folder")
    if out.exists() and any(out.iterdir()):
        raise UsageError(f"{out}: the folder is not empty; empty it or choose another")


def _class_of(seed: int, face: int) -> str:
    """Return the class of the face with this number, counted over all scenes."""
    order = generator(seed, "sample classes", face // len(DEAL)).permutation(len(DEAL))
    return DEAL[int(order[face % len(DEAL)])]


def _wearing(rng: np.random.Generator, name: str) -> Wearing | None:
    """Return how a face of this class wears its mask."""
    if name == CLASS_NAMES[0]:
        return Wearing.PROPERLY
    if name == CLASS_NAMES[2]:
        return Wearing.UNDER_NOSE if chance(rng, 0.6) else Wearing.ON_CHIN
    return None


def _draw_one(folder: Path, index: int, rng: np.random.Generator, names: list[str], size: int) -> None:
    """Draw and write one scene."""
    picture, boxes = draw_scene(rng, [_wearing(rng, name) for name in names], size)
    stem = f"scene_{index:05d}"
    quality = int(rng.integers(82, 95))
    picture.save(folder / "images" / f"{stem}.jpg", quality=quality)
    objects = tuple(
        VocObject(names[face], (float(box[0]), float(box[1]), float(box[2]), float(box[3])), pose="Frontal")
        for face, box in boxes
    )
    annotation = format_annotation(f"{stem}.jpg", width=size, height=size, objects=objects)
    (folder / "annotations" / f"{stem}.xml").write_bytes(annotation)
