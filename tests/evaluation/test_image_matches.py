"""Matches of an evaluation: their checks, and their file."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sweepbox.detection.core.errors import DataError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.evaluation.coco import CocoEvaluator
from sweepbox.detection.evaluation.image_matches import ImageMatches
from sweepbox.detection.evaluation.image_matches_file import read_matches, write_matches

from .test_weighted_precision import evaluated, matches_of, one_class, random_image


def some_matches(num_images: int = 6) -> ImageMatches:
    random = np.random.default_rng(0)
    return matches_of([random_image(random, score_levels=20) for _ in range(num_images)])


@pytest.mark.parametrize("num_images", [0, 1, 6])
def test_a_file_returns_what_was_written(tmp_path: Path, num_images: int) -> None:
    matches, path = some_matches(num_images), tmp_path / "new" / "matches.arrow"
    write_matches(path, matches)
    read = read_matches(path)
    for field in fields(ImageMatches):
        written, found = getattr(matches, field.name), getattr(read, field.name)
        if isinstance(written, np.ndarray):
            assert written.dtype == found.dtype, field.name
            np.testing.assert_array_equal(found, written, err_msg=field.name)
        else:
            assert found == written


def test_a_file_can_be_read_by_others(tmp_path: Path) -> None:
    image = one_class([(0.75, True), (0.5, False)], 1)
    write_matches(tmp_path / "matches.arrow", evaluated([image], [1]).matches(["a.jpg"]))
    with pa.OSFile(str(tmp_path / "matches.arrow")) as file:
        row = pa.ipc.open_file(file).read_all().to_pylist()[0]
    assert (row["image"], row["class"], row["score"]) == ("a.jpg", [0, 0], [0.75, 0.5])
    assert row["matched"][0][:1] == b"\xff"
    assert row["matched"][1] == bytes(5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read as matches of images"),
        (b"", "cannot be read as matches of images"),
        (b"ARROW1 and more", "cannot be read as matches of images"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "matches.arrow"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=rf"matches\.arrow: {message} .*; evaluate again"):
        read_matches(path)


def test_another_arrow_file_is_refused(tmp_path: Path) -> None:
    path, table = tmp_path / "other.arrow", pa.table({"image": ["a"]})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(DataError, match="not a file of matches of images of this version"):
        read_matches(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scores": np.zeros(1)}, "class_index has shape"),
        ({"num_objects": np.zeros((4, 3, 2), np.int64)}, "num_objects has shape"),
        ({"image_names": ("a", "a", "b", "c", "d", "e")}, "a name of the images occurs twice"),
    ],
)
def test_wrong_matches_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(some_matches(), **changes)


def test_detections_out_of_order_are_refused() -> None:
    matches = some_matches()
    with pytest.raises(ValueError, match="not ordered by class, image and decreasing score"):
        replace(matches, scores=matches.scores[::-1])
    with pytest.raises(ValueError, match="a class or image outside of 0 to 5"):
        replace(matches, image_index=matches.image_index + 6)


def test_names_are_given_for_every_image() -> None:
    evaluator = CocoEvaluator(LabelMap.of(["face"]))
    with pytest.raises(ValueError, match="there are 1 names of 0 images; give one for each"):
        evaluator.matches(["a"])
    assert evaluator.matches().num_images == 0


def test_joined_parts_have_the_matches_of_all_images() -> None:
    random = np.random.default_rng(4)
    images = [random_image(random, score_levels=20) for _ in range(7)]
    names = [f"{number}.jpg" for number in range(7)]
    whole = evaluated(images, [1] * 7).matches(names)
    parts = [
        evaluated(images[chosen], [1] * len(images[chosen])).matches(names[chosen])
        for chosen in (slice(3), slice(3, 7))
    ]
    joined = ImageMatches.joined(parts)
    for field in fields(ImageMatches):
        np.testing.assert_array_equal(
            getattr(joined, field.name), getattr(whole, field.name), err_msg=field.name
        )


def test_joined_parts_in_any_order_are_the_same_by_name() -> None:
    random = np.random.default_rng(4)
    images = [random_image(random, score_levels=20) for _ in range(7)]
    names = [f"{number}.jpg" for number in range(7)]
    whole = evaluated(images, [1] * 7).matches(names)
    parts = [
        evaluated([images[number] for number in chosen], [1] * len(chosen)).matches([names[i] for i in chosen])
        for chosen in ((6, 1, 3), (5, 0), (2, 4))
    ]
    found = ImageMatches.joined(parts).by_name()
    for field in fields(ImageMatches):
        np.testing.assert_array_equal(
            getattr(found, field.name), getattr(whole, field.name), err_msg=field.name
        )


def test_parts_that_share_images_or_no_classes_are_not_joined() -> None:
    matches = some_matches()
    with pytest.raises(ValueError, match="a name of the images occurs twice"):
        ImageMatches.joined([matches, matches])
    for parts in ([], [matches, replace(matches, class_names=("a", "b", "c"))]):
        with pytest.raises(ValueError, match="not of the same classes"):
            ImageMatches.joined(parts)
