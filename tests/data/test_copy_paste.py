"""Copies of rare objects: grey images with white objects of a common class and red ones of a rare class."""

import io

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.core.detections import GroundTruth
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.data.batches import Batch, TrainingBatches
from sweepbox.detection.data.cache import RecordSet, open_record_set
from sweepbox.detection.data.copy_paste import blend, copy_paste, cut_out, hidden_share
from sweepbox.detection.data.records import Record, write_records

LABELS = LabelMap.of(["common", "rare", "crowded"])
SIZE = (60, 80)
WHITE, RED, GREY = (255, 255, 255), (200, 0, 0), (90, 90, 90)
COMMON = [(0.1, 0.1, 0.4, 0.35), (0.6, 0.5, 0.9, 0.75)]
RARE = (0.1, 0.7, 0.4, 0.9)


def record(index: int, *, has_rare: bool) -> Record:
    height, width = SIZE
    pixels = np.full((height, width, 3), GREY, np.uint8)
    boxes = [*COMMON, *([RARE] if has_rare else [])]
    for box, colour in zip(boxes, (WHITE, WHITE, RED), strict=False):
        top, left, bottom, right = (round(side * size) for side, size in zip(box, SIZE * 2, strict=True))
        pixels[top:bottom, left:right] = colour
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    count = len(boxes)
    class_ids = np.array([1, 1, 2][:count], np.int64)
    truth = GroundTruth(
        np.array(boxes, np.float32),
        class_ids,
        np.ones(count, np.float32),
        np.zeros(count, bool),
        np.zeros(count, bool),
    )
    return Record(buffer.getvalue(), "png", f"{index}.png", str(index), height, width, truth)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> RecordSet:
    """Eight images with two common objects each; the first also has the only rare one."""
    scenes = [record(index, has_rare=index == 0) for index in range(8)]
    paths = write_records(scenes, LABELS, tmp_path_factory.mktemp("records"), "train", shards=1)
    return open_record_set(paths, LABELS)


def option(text: str = "") -> list[pb.PreprocessingStep]:
    return [text_format.Parse(f"random_copy_paste {{ {text} }}", pb.PreprocessingStep())]


def batches(records: RecordSet, text: str, *, seed: int = 5) -> TrainingBatches:
    change = copy_paste(option(text), records, LABELS)
    return TrainingBatches(records, batch_size=4, max_boxes=5, noise_columns=2, seed=seed, change=change)


def pasted(batch: Batch) -> list[tuple[int, int]]:
    """Return row and column of every object in the columns reserved for copies."""
    return [(row, column) for row, column in np.argwhere(batch.weights > 0).tolist() if column >= 5]


def test_copies_are_of_the_rare_class_and_cover_little(records: RecordSet) -> None:
    made = batches(records, "probability: 1 max_objects: 2 min_scale: 0.5 max_scale: 1 max_overlap: 0")
    count = 0
    for step in range(6):
        batch = made.at(step)
        assert batch.boxes_yxyx.shape == (4, 7, 4)
        for row, column in pasted(batch):
            assert batch.class_ids[row, column] == 1
            box = batch.boxes_yxyx[row, column] * np.tile(SIZE, 2)
            extent = box[2:] - box[:2]
            assert (extent <= np.array([18, 16]) * 1.1).all()
            assert (extent >= np.array([18, 16]) * 0.45).all()
            assert (box >= 0).all()
            assert (box[2:] <= SIZE).all()
            top, left = np.ceil(box[:2]).astype(int) + 1
            bottom, right = np.floor(box[2:]).astype(int) - 1
            inner = batch.images[row, top:bottom, left:right].astype(int)
            assert np.abs(inner - RED).max() <= 40
            others = np.delete(batch.boxes_yxyx[row], column, axis=0)
            assert hidden_share(others, batch.boxes_yxyx[row, column]) < 1e-6
            count += 1
    assert count >= 24


def test_batches_are_reproducible_and_sources_unchanged(records: RecordSet) -> None:
    before = [records.image(index).copy() for index in range(len(records))]
    first, again, other = (batches(records, "probability: 0.7", seed=seed) for seed in (5, 5, 6))
    for step in (0, 3):
        np.testing.assert_array_equal(first.at(step).images, again.at(step).images)
        np.testing.assert_array_equal(first.at(step).boxes_yxyx, again.at(step).boxes_yxyx)
    assert any((first.at(step).images != other.at(step).images).any() for step in range(3))
    plain = TrainingBatches(records, batch_size=4, max_boxes=5, noise_columns=2, seed=5)
    np.testing.assert_array_equal(plain.at(2).noise, first.at(2).noise)
    np.testing.assert_array_equal(plain.at(2).boxes_yxyx, first.at(2).boxes_yxyx[:, :5])
    never = batches(records, "probability: 0").at(2)
    np.testing.assert_array_equal(plain.at(2).images, never.images)
    assert not pasted(never)
    for index, image in enumerate(before):
        np.testing.assert_array_equal(records.image(index), image)


def test_copies_are_pasted_with_the_given_probability(records: RecordSet) -> None:
    made = batches(records, "probability: 0.3 max_scale: 0.8 min_scale: 0.5")
    copies = sum(len(pasted(made.at(step))) for step in range(100))
    assert 90 <= copies <= 150  # 120 of 400 are expected; the limits are 3.3 standard deviations away


def test_classes_can_be_selected_by_name(records: RecordSet) -> None:
    by_name = batches(records, 'probability: 1 class_names: "common"').at(1)
    by_id = batches(records, "probability: 1 class_ids: 1").at(1)
    np.testing.assert_array_equal(by_name.images, by_id.images)
    assert {int(by_name.class_ids[position]) for position in pasted(by_name)} == {0}


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ('class_names: "rear"', ConfigError, "there is no class rear; the label map has common, rare, crowded"),
        ("class_ids: 4", ConfigError, "there is no class 4"),
        ("class_ids: 3", ConfigError, "no training image has an object of its classes"),
        ("max_class_share: 0.01", ConfigError, "no class has at most 0.01 of the objects"),
    ],
)
def test_pool_without_objects_is_rejected(
    records: RecordSet, text: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        copy_paste(option(text), records, LABELS)


def test_without_the_option_batches_are_unchanged(records: RecordSet) -> None:
    flip = pb.PreprocessingStep(random_horizontal_flip={})
    assert copy_paste([flip], records, LABELS) is None


def test_cutout_keeps_the_object_and_fades_at_its_edges(records: RecordSet) -> None:
    copy = cut_out(records.image(0), np.array(RARE, np.float32), scale=1.0, feather=0.25)
    np.testing.assert_allclose(copy.box_yxyx[2:] - copy.box_yxyx[:2], [18, 16])
    top, left, bottom, right = copy.box_yxyx.astype(int)
    assert (copy.pixels[top:bottom, left:right] == RED).all()
    assert (copy.opacity[top:bottom, left:right] == 1).all()
    assert copy.opacity[0].max() < 0.2
    assert (np.diff(copy.opacity[:top, left, 0]) > 0).all()
    hard = cut_out(records.image(0), np.array(RARE, np.float32), scale=1.0, feather=0.0)
    assert hard.pixels.shape == (18, 16, 3)
    double = cut_out(records.image(0), np.array(RARE, np.float32), scale=2.0, feather=0.0)
    assert double.pixels.shape == (36, 32, 3)


@pytest.mark.parametrize("corner", [(-5, -7), (50, 70), (20, 20), (-100, 0)])
def test_blending_is_clipped_to_the_image(records: RecordSet, corner: tuple[int, int]) -> None:
    copy = cut_out(records.image(0), np.array(RARE, np.float32), scale=1.0, feather=0.0)
    image = np.full((*SIZE, 3), 10, np.uint8)
    blend(image, copy, np.array(corner))
    expected = np.zeros(SIZE, bool)
    top, left = corner
    if top + 18 > 0:
        expected[max(top, 0) : top + 18, max(left, 0) : left + 16] = True
    np.testing.assert_array_equal((image == RED).all(-1), expected)
    assert (image[~expected] == 10).all()


def test_hidden_fraction_by_hand() -> None:
    cover = np.array([0.0, 0.0, 0.5, 0.5], np.float32)
    boxes = np.array([[0, 0, 1, 1], [0.25, 0.25, 0.75, 0.75], [0.5, 0.5, 1, 1], [0, 0, 0, 0]], np.float32)
    assert [hidden_share(box[None], cover) for box in boxes] == [0.25, 0.25, 0.0, 0.0]
    assert hidden_share(boxes, cover) == 0.25
    assert hidden_share(boxes[:0], cover) == 0.0
