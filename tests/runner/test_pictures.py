"""Pictures of an evaluation and of a training batch; `test_run.py` compares them with a run."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sweepbox.detection.core.detections import Detections, GroundTruth
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.runner import RunSettings
from sweepbox.detection.runner.pictures import PicturedEvaluator, draw_pictures, spread
from sweepbox.detection.runner.shown_batch import SHEET, draw_batch, training_images

LABELS = LabelMap.of(("cat", "dog"))
SettingsOf = Callable[..., RunSettings]


@pytest.mark.parametrize(
    ("count", "number", "chosen"),
    [(10, 0, []), (10, 1, [0]), (10, 2, [0, 9]), (5, 3, [0, 2, 4]), (3, 8, [0, 1, 2]), (1, 1, [0])],
)
def test_chosen_images_are_spread(count: int, number: int, chosen: list[int]) -> None:
    assert sorted(spread(count, number)) == chosen


class Counter:
    """Counts images."""

    def __init__(self) -> None:
        self.ids: list[int] = []

    def add(self, image_id: int, _truth: GroundTruth, _found: Detections, *, height: int, width: int) -> None:
        self.ids.append(image_id)

    def metrics(self) -> dict[str, float]:
        return {"images": float(len(self.ids))}


def test_the_chosen_images_become_pictures_of_truth_beside_detections() -> None:
    counter = Counter()
    evaluator = PicturedEvaluator(counter, images=5, pictures=2)
    box = np.array([[0.25, 0.25, 0.75, 0.75]], np.float32)
    nothing = np.zeros(1, np.bool_)
    for number in range(5):
        truth = GroundTruth(box, np.array([1]), np.ones(1, np.float32), nothing, nothing)
        found = Detections(
            np.repeat(box, 30, axis=0), np.linspace(1, 0, 30, dtype=np.float32), np.full(30, 2, np.int64)
        )
        evaluator.add(number, truth, found, height=100, width=200)
    assert evaluator.metrics() == {"images": 5.0}
    grey = np.full((100, 200, 3), 128, np.uint8)
    pictures = draw_pictures(evaluator.kept, list("abcde"), lambda _: grey, LABELS)
    assert [picture.name for picture in pictures] == ["a", "e"]
    for picture in pictures:
        image = Image.open(io.BytesIO(picture.jpeg))
        assert image.size == (picture.width, picture.height) == (2 * 320 + 4, 160)
        assert len(picture.jpeg) < 20_000
    pixels = np.asarray(image).astype(int)
    assert np.abs(pixels[:, :320] - pixels[:, 324:]).max() > 50  # the classes have different colours
    assert np.abs(pixels[:10, :300] - 128).max() < 12  # nothing is drawn there


def test_a_batch_is_drawn_as_pictures_and_a_sheet(settings_of: SettingsOf, tmp_path: Path) -> None:
    settings = settings_of()
    images = training_images(settings, 0)
    *pictures, sheet = draw_batch(images, settings.label_map, tmp_path / "new")
    assert [path.name for path in pictures] == [f"image-{number:03d}.png" for number in range(4)]
    assert sheet.name == SHEET
    for path, image in zip(pictures, images, strict=True):
        with Image.open(path) as file:
            drawn = np.asarray(file)
        assert drawn.shape == (4 * 96, 4 * 96, 3)
        assert (drawn[2::4, 2::4] == image.pixels).mean() > 0.6  # enlarged, with boxes on top
    with Image.open(sheet) as file:
        assert file.size == (4 * 384 + 3 * 8, 384)
