import json

import numpy as np
import pytest
from keras import ops

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.resizers import ResizerSettings
from sweepbox.detection.core.errors import DataError
from sweepbox.detection.data.augment.resizer import Resizer
from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes, AnnotatedImage
from sweepbox.detection.diagnosis.coverage import Coverage
from sweepbox.detection.diagnosis.limits import box_limits
from sweepbox.detection.diagnosis.resized import ResizedBoxes, resized_sizes
from tests.diagnosis.boxes import full_image, square_boxes
from tests.tiny import tiny_config


def coverage(boxes: AnnotatedBoxes, *edits: str) -> Coverage:
    return Coverage.of(tiny_config("image_size=320", "anchor_scale=4", "min_level=3", *edits).model.ssd, boxes)


def test_boxes_are_counted_by_size() -> None:
    found = coverage(square_boxes([6, 10, 20, 40, 70, 100, 250]))
    rows = [(row.low, row.high, row.coco, row.counts.boxes) for row in found.by_size()]
    assert rows == [
        (0, 8, "small", 1), (8, 16, "small", 1), (16, 32, "small", 1), (32, 64, "medium", 1),
        (64, 96, "medium", 1), (96, 192, "large", 1), (192, None, "large", 1),
    ]  # fmt: skip
    [row] = found.by_class()
    assert {size: counts.boxes for size, counts in row.by_size.items()} == {"small": 3, "medium": 2, "large": 2}
    assert (row.name, row.counts.boxes, row.tiny) == ("thing", 7, 2)


def test_what_no_anchor_meets_is_forced_or_never_matched() -> None:
    boxes = square_boxes([8, 8, 64])  # the smallest anchor has 32 pixels: an IoU of at most 1/16
    matcher = "model.ssd.matcher.argmax_matcher"
    forced = coverage(boxes, f"{matcher}.force_match_for_each_row=true").met()
    assert (forced.boxes, forced.met, forced.forced, forced.unmatched) == (3, 1, 2, 0)
    free = coverage(boxes, f"{matcher}.force_match_for_each_row=false").met()
    assert (free.met, free.forced, free.unmatched) == (1, 0, 2)
    every = coverage(boxes, f"{matcher}.ignore_thresholds=true").met()
    assert (every.met, every.share) == (3, 1.0)


def test_the_threshold_is_that_of_the_config() -> None:
    boxes = square_boxes([20] * 50)
    shares = [coverage(boxes, f"model.ssd.matcher.argmax_matcher.matched_threshold={value}").met().share
              for value in (0.2, 0.4, 0.6)]  # fmt: skip
    assert shares == sorted(shares, reverse=True)
    assert (shares[0], shares[-1]) == (1.0, 0.0)


def test_the_report_is_json() -> None:
    entries = json.loads(json.dumps(coverage(square_boxes([8, 64, 300])).to_json(), allow_nan=False))
    assert entries["all"]["boxes"] == 3
    assert entries["under_16_pixels"] == 1
    assert entries["by_class"]["thing"]["small"]["forced"] == 1
    assert entries["by_size"][-1]["below_pixels"] is None


@pytest.mark.parametrize("least", [None, 100, 320])
def test_sizes_are_resized_as_in_training(least: int | None) -> None:
    sizes = np.array([[100, 300], [333, 250], [640, 640], [20, 4000], [1, 1]])
    size = (320, 320) if least else (200, 320)
    heights, widths = Resizer(size, least).resized(*ops.convert_to_tensor(sizes.T.astype(np.int32)))
    expected = np.stack([ops.convert_to_numpy(heights), ops.convert_to_numpy(widths)], axis=1)
    np.testing.assert_array_equal(resized_sizes(sizes, ResizerSettings(size, least)), expected)


def test_boxes_are_resized_with_their_image() -> None:
    boxes = AnnotatedBoxes.of([AnnotatedImage(100, 400, [("a", (0.0, 0.0, 1.0, 0.5))])])
    stretched = ResizedBoxes.of(boxes, ResizerSettings((300, 300)))
    assert (stretched.boxes_yxyx.tolist(), stretched.ratios.tolist()) == ([[0, 0, 1, 0.5]], [0.5])
    kept = ResizedBoxes.of(boxes, ResizerSettings((400, 400), min_dimension=400))
    assert (kept.boxes_yxyx.tolist(), kept.ratios.tolist()) == ([[0, 0, 0.25, 0.5]], [2.0])
    assert kept.sides_pixels.tolist() == [pytest.approx((100 * 200) ** 0.5)]


def test_classes_are_in_the_order_of_their_frequency() -> None:
    box = (0.1, 0.1, 0.4, 0.4)
    boxes = AnnotatedBoxes.of(
        [AnnotatedImage(9, 9, [("b", box), ("a", box), ("a", box)]), AnnotatedImage(9, 9, [("c", box)])]
    )
    assert boxes.names == ("a", "b", "c")
    assert boxes.per_image.tolist() == [3, 1]
    assert boxes.per_image_and_class.tolist() == [[2, 1, 0], [0, 0, 1]]


def test_data_without_boxes_are_refused() -> None:
    with pytest.raises(DataError, match="no object with a usable box"):
        AnnotatedBoxes.of([AnnotatedImage(9, 9, [])])


def test_limits_are_compared_with_the_fullest_image() -> None:
    nms = "model.ssd.post_processing.batch_non_max_suppression"
    config = tiny_config(
        "train_input_reader.max_number_of_boxes=100", f"{nms}.max_total_detections=115",
        f"{nms}.max_detections_per_class=90",
    )  # fmt: skip
    found = {item.field: item for item in box_limits(config, full_image(115))}
    assert [(item.limit, item.most, item.images, item.lost, item.cuts) for item in found.values()] == [
        (100, 115, 1, 15, True), (90, 115, 1, 25, True), (115, 115, 0, 0, False),
    ]  # fmt: skip


def test_a_sample_keeps_images_and_is_repeatable() -> None:
    boxes = square_boxes([20] * 50)
    first, second = boxes.sample(10), boxes.sample(10)
    assert len(first) == 10
    assert len(first.sizes) == 50
    np.testing.assert_array_equal(first.images, second.images)
    assert boxes.sample(50) is boxes


def test_configs_without_anchors_are_refused() -> None:
    from sweepbox.detection.core.errors import ConfigError

    with pytest.raises(ConfigError):
        Coverage.of(pb.Ssd(), square_boxes([20]))
