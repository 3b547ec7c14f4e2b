"""Metrics of resampled images equal those of evaluating the images as often as they were drawn."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweepbox.detection.core.detections import Detections, GroundTruth
from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.metric_names import UNDEFINED
from sweepbox.detection.evaluation.coco import CocoEvaluator
from sweepbox.detection.evaluation.image_matches import ImageMatches
from sweepbox.detection.evaluation.weighted_precision import weighted_average_precision, weighted_metrics

SIDE = 200
LABELS = LabelMap(((2, "cat"), (7, "dog"), (9, "bird")))


@dataclass(frozen=True)
class Image:
    truth: GroundTruth
    found: Detections


def random_image(random: np.random.Generator, *, score_levels: int, most_found: int = 30) -> Image:
    """Return an image with crowds, objects of all sizes, and detections near them; few levels make ties."""
    objects = int(random.integers(0, 7))
    corners = random.uniform(0.0, 0.6, (objects, 2))
    boxes = np.concatenate([corners, corners + random.uniform(0.03, 0.6, (objects, 2))], axis=1)
    classes = random.choice([2, 2, 7, 9], objects)
    count = int(random.integers(0, most_found)) if objects else int(random.integers(0, 3))
    near = random.integers(0, max(objects, 1), count)
    base = boxes[near] if objects else random.uniform(0, 1, (count, 4))
    moved = np.clip(base + 0.04 * random.standard_normal((count, 4)), 0, 1)
    found = np.concatenate([np.minimum(moved[:, :2], moved[:, 2:]), np.maximum(moved[:, :2], moved[:, 2:])], 1)
    scores = np.sort(random.integers(1, score_levels + 1, count))[::-1] / score_levels
    right = classes[near] if objects else np.full(count, 2)
    no_flags = np.zeros(objects, bool)
    return Image(
        GroundTruth(
            boxes.astype(np.float32),
            classes.astype(np.int64),
            np.ones(objects, np.float32),
            no_flags,
            random.random(objects) < 0.2,
        ),
        Detections(
            found.astype(np.float32),
            scores.astype(np.float32),
            np.where(random.random(count) < 0.8, right, 7).astype(np.int64),
        ),
    )


def evaluated(images: list[Image], counts: list[int]) -> CocoEvaluator:
    """Evaluate each image as often as it counts, its copies next to one another."""
    evaluator = CocoEvaluator(LABELS)
    for number, (image, count) in enumerate(zip(images, counts, strict=True)):
        for copy in range(count):
            evaluator.add(f"{number}/{copy}", image.truth, image.found, height=SIDE, width=SIDE)
    return evaluator


def matches_of(images: list[Image]) -> ImageMatches:
    return evaluated(images, [1] * len(images)).matches()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([2, 5, 10**6]), st.integers(1, 8))
def test_every_metric_equals_that_of_repeated_images(seed: int, score_levels: int, num_images: int) -> None:
    random = np.random.default_rng(seed)
    images = [random_image(random, score_levels=score_levels) for _ in range(num_images)]
    weights = random.integers(0, 4, (3, num_images))
    by_hand = [evaluated(images, counts.tolist()).metrics() for counts in weights]
    found = weighted_metrics(matches_of(images), weights, by_hand[0])
    for name, values in found.items():
        expected = [metrics[name] for metrics in by_hand]
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-12, err_msg=name)


def test_weights_of_one_give_the_evaluation_itself_with_the_limit_of_100_detections() -> None:
    random = np.random.default_rng(3)
    images = [random_image(random, score_levels=1000, most_found=250) for _ in range(12)]
    expected = evaluated(images, [1] * 12).metrics()
    found = weighted_metrics(matches_of(images), np.ones((1, 12), np.int64), expected)
    assert {name: values[0] for name, values in found.items()} == pytest.approx(expected, abs=1e-12)


def one_class(flags: list[tuple[float, bool]], objects: int) -> Image:
    """Return an image with `objects` objects of class 2 and one detection for each (score, is a hit)."""
    tops = np.arange(objects) * 0.2
    boxes = np.stack([tops, 0 * tops, tops + 0.1, 0 * tops + 0.1], axis=1)
    hits = np.cumsum([hit for _, hit in flags]) - 1
    found = [boxes[row] if hit else [0.9, 0.9, 1.0, 1.0] for (_, hit), row in zip(flags, hits, strict=True)]
    nothing = np.zeros(objects, bool)
    return Image(
        GroundTruth(
            boxes.astype(np.float32), np.full(objects, 2), np.ones(objects, np.float32), nothing, nothing
        ),
        Detections(
            np.array(found, np.float32).reshape(-1, 4),
            np.array([score for score, _ in flags], np.float32),
            np.full(len(flags), 2, np.int64),
        ),
    )


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        pytest.param([1, 1], (51 * 1.0 + 50 * 2 / 3) / 101, id="hit, miss, hit"),
        pytest.param([2, 1], (67 * 1.0 + 34 * 3 / 4) / 101, id="hit, hit, miss, hit"),
        pytest.param([0, 1], 0.5, id="miss, hit"),
        pytest.param([1, 0], 1.0, id="hit"),
        pytest.param([0, 0], UNDEFINED, id="no image"),
    ],
)
def test_average_precision_by_hand(counts: list[int], expected: float) -> None:
    images = [one_class([(0.9, True)], 1), one_class([(0.8, False), (0.7, True)], 1)]
    values = weighted_average_precision(matches_of(images), np.array([counts]))
    assert values[0, 0] == pytest.approx(np.full(10, expected))
    assert (values[0, 1:] == UNDEFINED).all()


def test_copies_of_an_image_with_equal_scores_alternate() -> None:
    # miss, hit, miss, hit: precision 1/2 at either recall; all misses first would give 1/3 and 1/2
    images = [one_class([(0.5, False), (0.5, True)], 1)]
    values = weighted_average_precision(matches_of(images), np.array([[2]]))
    assert values[0, 0] == pytest.approx(np.full(10, 0.5))
    images = [one_class([(0.5, True), (0.5, False)], 1)]  # hit, miss, hit, miss: 1 and 2/3
    values = weighted_average_precision(matches_of(images), np.array([[2]]))
    assert values[0, 0] == pytest.approx(np.full(10, (51 + 50 * 2 / 3) / 101))


def test_a_class_without_objects_in_a_resample_leaves_its_mean() -> None:
    box = np.array([[0.1, 0.1, 0.4, 0.4]], np.float32)
    nothing = np.zeros(1, bool)
    images = [
        Image(
            GroundTruth(box, np.array([class_id]), np.ones(1, np.float32), nothing, nothing),
            Detections(box[:count], np.full(count, 0.9, np.float32), np.full(count, class_id)),
        )
        for class_id, count in ((2, 1), (7, 0))
    ]
    values = weighted_metrics(matches_of(images), np.array([[1, 1], [1, 0], [0, 1]]), ["mAP", "AP/dog", "AR@1"])
    assert values["mAP"].tolist() == pytest.approx([0.5, 1.0, 0.0])
    assert values["AP/dog"].tolist() == [0.0, UNDEFINED, 0.0]
    assert values["AR@1"].tolist() == [0.5, 1.0, 0.0]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones((1, 2), np.int64), r"shape \(1, 2\), expected \[resamples, 1\]"),
        (np.ones(1, np.int64), r"expected \[resamples, 1\]"),
        (np.full((1, 1), 0.5), "must be counts"),
        (np.full((1, 1), -1), "must be counts"),
    ],
)
def test_weights_that_are_no_counts_are_refused(weights: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        weighted_average_precision(matches_of([one_class([(0.9, True)], 1)]), weights)


@pytest.mark.parametrize("name", ["loss/total", "AP/horse", "mAP@.60", "AP", "AR@100/cat", "PascalBoxes_x"])
def test_a_metric_that_is_not_of_the_matches_is_refused(name: str) -> None:
    matches = matches_of([one_class([(0.9, True)], 1)])
    with pytest.raises(UsageError, match="cannot be computed from the matches of images; use one of mAP"):
        weighted_metrics(matches, np.ones((1, 1), np.int64), [name])
