from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sweepbox.detection.data.dataset.voc import VocObject, format_annotation

Objects = Sequence[tuple[str, tuple[float, float, float, float]]]
MakeVoc = Callable[..., Path]


@pytest.fixture
def make_voc(tmp_path: Path) -> MakeVoc:
    """Return a function that writes a Pascal VOC folder of small images with different pixels."""

    def make(contents: Mapping[str, Objects], *, name: str = "voc", size: tuple[int, int] = (64, 48)) -> Path:
        folder = tmp_path / name
        for sub in ("images", "annotations"):
            (folder / sub).mkdir(parents=True)
        for index, (stem, objects) in enumerate(contents.items()):
            pixels = np.random.default_rng(index).integers(0, 255, (size[1], size[0], 3), np.uint8)
            Image.fromarray(pixels).save(folder / "images" / f"{stem}.jpg")
            text = format_annotation(
                f"{stem}.jpg",
                width=size[0],
                height=size[1],
                objects=tuple(VocObject(label, box) for label, box in objects),
            )
            (folder / "annotations" / f"{stem}.xml").write_bytes(text)
        return folder

    return make
