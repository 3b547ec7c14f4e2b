"""Resamples, intervals, comparisons and verdicts, by hand and by their invariants."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.winner.simulated import CLASSES, detect, draw_scene
from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.evaluation.image_matches import ImageMatches
from sweepbox.tuning.objective.goal import Goal, Mode
from sweepbox.tuning.winner.comparison import Comparison, compare
from sweepbox.tuning.winner.flattery import expected_optimism, flattery
from sweepbox.tuning.winner.goal_values import effective_images, goal_values, has_values
from sweepbox.tuning.winner.interval import Interval, Uncertainty, uncertainty
from sweepbox.tuning.winner.resamples import Resamples, strata
from sweepbox.tuning.winner.score import BootstrappedScore, Candidate, bootstrap_score
from sweepbox.tuning.winner.verdict import Verdict, verdict, verdict_text

MAP = Goal.metric("mAP")


def matches_of(*skills: float, images: int = 40, seed: int = 0) -> list[ImageMatches]:
    """Return the matches of detectors of these skills on the same drawn images."""
    random = np.random.default_rng(seed)
    scene = draw_scene(random, images)
    return [detect(random, scene, skill) for skill in skills]


def scores_of(*matches: ImageMatches, goal: Goal = MAP, count: int = 100) -> list[BootstrappedScore]:
    """Return the scores of candidates with one training each."""
    resamples = Resamples.draw(matches[0], count=count)
    return [bootstrap_score(Candidate(str(n), {0: each}), goal, resamples) for n, each in enumerate(matches)]


@pytest.mark.parametrize(
    ("has_class", "expected"),
    [
        pytest.param([[1, 1, 1, 1], [0, 0, 1, 1]], [0, 0, 1, 1], id="the rarest class present"),
        pytest.param([[1, 1, 0, 0], [0, 1, 1, 0]], [0, 0, 0, 0], id="alone: into the largest stratum"),
        pytest.param([[1, 1, 0, 0], [0, 0, 0, 0]], [0, 0, 2, 2], id="images without objects"),
        pytest.param([[1, 1, 1], [1, 1, 1]], [0, 0, 0], id="of equally rare classes the first"),
        pytest.param([[0, 0]], [1, 1], id="no object at all"),
    ],
)
def test_strata(has_class: list[list[int]], expected: list[int]) -> None:
    assert strata(np.array(has_class, bool)).tolist() == expected


def test_a_resample_has_as_many_images_of_every_stratum() -> None:
    (matches,) = matches_of(0.5)
    weights = Resamples.draw(matches, count=20).weights
    stratum = strata(matches.has_class)
    for number in np.unique(stratum):
        assert (weights[:, stratum == number].sum(axis=1) == (stratum == number).sum()).all()
    assert weights.max() > 1
    assert weights.min() == 0


def test_the_draws_depend_on_seed_and_images_only() -> None:
    first, second = matches_of(0.5, 1.0)
    weights = Resamples.draw(first, count=20).weights
    assert np.array_equal(weights, Resamples.draw(second, count=20).weights)
    assert not np.array_equal(weights, Resamples.draw(first, count=20, seed=1).weights)
    renamed = replace(first, image_names=tuple(f"test {name}" for name in first.image_names))
    assert not np.array_equal(weights, Resamples.draw(renamed, count=20).weights)


def test_seeds_are_drawn_together_and_one_fewer_than_there_are() -> None:
    resamples = Resamples.draw(matches_of(0.5)[0], count=200)
    shares = resamples.seed_shares((3, 5, 8))
    assert np.array_equal(shares, resamples.seed_shares((3, 5, 8)))
    assert not np.array_equal(shares, resamples.seed_shares((3, 5, 9)))
    assert set(shares.ravel().tolist()) == {0.0, 0.5, 1.0}
    assert shares.sum(axis=1).tolist() == [1.0] * 200
    assert resamples.seed_shares((3,)).tolist() == [[1.0]] * 200


@pytest.mark.parametrize(
    ("count", "images", "message"), [(1, 5, "resamples is 1"), (10, 0, "no image to resample")]
)
def test_resamples_of_nothing_are_refused(count: int, images: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Resamples.draw(matches_of(0.5, images=images)[0], count=count)


def test_student_interval_and_smallest_difference_by_hand() -> None:
    known = Uncertainty(0.01, 20)  # t of 20 degrees: 1.725 at 95 %, 0.860 at 80 %
    assert known.interval(0.5).low == pytest.approx(0.5 - 0.01725, abs=1e-5)
    assert known.interval(0.5).high == pytest.approx(0.5 + 0.01725, abs=1e-5)
    assert known.smallest_difference() == pytest.approx(0.02585, abs=1e-5)
    many = Uncertainty(0.01, 1e9)
    assert many.smallest_difference() / many.interval(0.0).half_width == pytest.approx(1.51, abs=0.005)


def test_uncertainty_adds_images_and_seeds() -> None:
    samples = np.array([0.1, 0.3, np.nan, 0.1, 0.3])  # variance 0.04 / 3
    alone = uncertainty(samples, images=5)
    assert alone.standard_error**2 == pytest.approx(0.04 / 3 * 5 / 4)
    assert alone.degrees == pytest.approx(4)
    both = uncertainty(samples, images=5, seed_variances=[(0.01, 2)])
    of_images = (0.04 / 3 - 0.01) * 5 / 4
    assert both.standard_error**2 == pytest.approx(of_images + 0.01)
    assert both.degrees == pytest.approx((of_images + 0.01) ** 2 / (of_images**2 / 4 + 0.01**2 / 2))
    assert uncertainty(np.full(9, 0.5), images=5).interval(0.5) == Interval(0.5, 0.5)


def test_the_score_is_the_metric_of_the_evaluation_and_the_mean_over_seeds() -> None:
    first, second = matches_of(0.5, 0.8)
    once = np.ones((1, 40), np.int64)
    values = [float(goal_values(MAP, matches, once)[0]) for matches in (first, second)]
    score = bootstrap_score(Candidate("a", {3: first, 4: second}), MAP, Resamples.draw(first, count=50))
    assert score.by_seed == dict(zip((3, 4), values, strict=True))
    assert score.value == pytest.approx(np.mean(values))
    assert score.standard_deviation == pytest.approx(abs(values[0] - values[1]) / 2**0.5)
    assert score.value in score.interval()
    assert scores_of(first)[0].standard_deviation is None


def test_equal_candidates_tie_exactly_and_the_verdict_is_no_better() -> None:
    (matches,) = matches_of(0.5)
    found = compare(*scores_of(matches, matches))
    assert (found.difference, found.interval, found.smallest_difference) == (0.0, Interval(0.0, 0.0), 0.0)
    assert found.is_tie
    assert verdict(found) is Verdict.NO_BETTER


def test_comparisons_are_antisymmetric_and_paired() -> None:
    scores = scores_of(*matches_of(0.5, 0.8))
    there, back = compare(*scores), compare(*reversed(scores))
    assert there.difference == -back.difference < 0
    assert there.interval == Interval(-back.interval.high, -back.interval.low)
    alone = [score.interval().half_width for score in scores]
    assert there.interval.half_width < np.hypot(*alone)  # images that are difficult for both cancel out


def test_a_goal_that_is_minimised_turns_the_difference_around() -> None:
    matches = matches_of(0.5, 0.8)
    ahead = compare(*scores_of(*matches, goal=Goal.metric("mAP", Mode.MIN)))
    assert ahead.difference == -compare(*scores_of(*matches)).difference > 0


def test_the_same_seeds_are_compared_in_pairs() -> None:
    low, high, low_too, high_too = matches_of(0.2, 1.2, 0.3, 1.3, images=60)
    resamples = Resamples.draw(low, count=200)
    base = bootstrap_score(Candidate("base", {0: low, 1: high}), MAP, resamples)
    paired = bootstrap_score(Candidate("paired", {0: low_too, 1: high_too}), MAP, resamples)
    apart = bootstrap_score(Candidate("apart", {2: low_too, 3: high_too}), MAP, resamples)
    assert paired.value == apart.value
    assert compare(paired, base).interval.half_width < compare(apart, base).interval.half_width / 2


def test_a_class_absent_from_a_resample_leaves_both_means() -> None:
    first, second = matches_of(0.5, 0.8, images=12)
    rare = np.flatnonzero(first.has_class[CLASSES.index("rare")])
    weights = np.ones((1, 12), np.int64)
    weights[:, rare] = 0
    for matches in (first, second):
        by_class = [goal_values(Goal.metric(f"AP/{name}"), matches, weights)[0] for name in CLASSES]
        assert np.isnan(by_class[2])
        assert goal_values(MAP, matches, weights)[0] == pytest.approx(np.mean(by_class[:2]))
        assert goal_values(Goal.worst_class("AP"), matches, weights)[0] == pytest.approx(min(by_class[:2]))
        weighted = goal_values(Goal.weighted({"mAP": 3, "AP/common": 1}), matches, weights)[0]
        assert weighted == pytest.approx(0.75 * np.mean(by_class[:2]) + 0.25 * by_class[0])


def test_effective_images_are_those_of_the_class_and_near_those_of_the_rarest() -> None:
    (matches,) = matches_of(0.5, images=116)
    counts = matches.has_class.sum(axis=1)
    for name, count in zip(CLASSES, counts, strict=True):
        assert effective_images(Goal.metric(f"AP@.50/{name}"), matches) == pytest.approx(count)
    assert counts[2] < effective_images(MAP, matches) < 3 * counts[2]
    assert effective_images(Goal.worst_class("AP"), matches) == counts[2]


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        (MAP, True),
        (Goal.metric("AR@100 (small)"), True),
        (Goal.metric("AP@.50/rare"), True),
        (Goal.worst_class("AP"), True),
        (Goal.metric("AP/horse"), False),
        (Goal.metric("loss/total"), False),
        (Goal.weighted({"mAP": 1, "latency_ms": 1}), False),
    ],
)
def test_goals_of_losses_and_costs_have_no_values(goal: Goal, expected: bool) -> None:
    assert has_values(goal, CLASSES) is expected


def comparison(difference: float, half_width: float, smallest: float) -> Comparison:
    interval = Interval(difference - half_width, difference + half_width)
    return Comparison("0003", "0000", difference, interval, smallest, 1234, 3)


@pytest.mark.parametrize(
    ("found", "expected", "text"),
    [
        (comparison(0.05, 0.02, 0.03), Verdict.BETTER, "better than the base config (difference +0.050"),
        (comparison(-0.05, 0.02, 0.03), Verdict.WORSE, "worse than the base config (difference -0.050"),
        (comparison(0.01, 0.012, 0.019), Verdict.NO_BETTER, "no better than the base config"),
        (comparison(0.01, 0.012, 0.02), Verdict.INCONCLUSIVE, "inconclusive with 1,234 pictures"),
        (
            comparison(-0.01, 0.01, 0.02),
            Verdict.INCONCLUSIVE,
            "90 % interval -0.020 to +0.000; a difference below 0.020",
        ),
    ],
)
def test_verdict(found: Comparison, expected: Verdict, text: str) -> None:
    assert verdict(found) is expected
    assert text in verdict_text(found)


def test_optimism_of_one_is_zero_and_grows_with_the_number_of_equal_candidates() -> None:
    scores = scores_of(*matches_of(*[0.5] * 8), count=300)
    values = [expected_optimism(scores[:count]) for count in (1, 2, 8)]
    assert values[0] == pytest.approx(0.0, abs=1e-12)
    assert values[0] < values[1] < values[2]
    clear = scores_of(*matches_of(-2.0, 2.0))
    assert expected_optimism(clear) == pytest.approx(0.0, abs=1e-12)


def test_flattery_is_the_difference_between_the_parts() -> None:
    validation = scores_of(*matches_of(0.5, 0.5, 0.5))
    chosen = max(validation, key=lambda score: score.value)
    (test,) = scores_of(*matches_of(0.5, images=30, seed=1))
    found = flattery(chosen, test, validation)
    assert (found.validation, found.test) == (chosen.value, test.value)
    assert found.difference == chosen.value - test.value
    assert found.difference in found.interval
    assert found.expected > 0


def test_scores_that_do_not_belong_together_are_refused() -> None:
    first, second = matches_of(0.5, 0.8)
    score, other = scores_of(first)[0], scores_of(second)[0]
    with pytest.raises(UsageError, match="candidates 0 and 0 have different resamples"):
        compare(score, other)
    with pytest.raises(UsageError, match="different resamples or goals"):
        expected_optimism([score, other])
    with pytest.raises(UsageError, match="there is no candidate to choose from"):
        expected_optimism([])
    recall = bootstrap_score(Candidate("0", {0: first}), Goal.metric("AR@100"), score.resamples)
    with pytest.raises(UsageError, match="'AR@100' cannot be compared with 'mAP'; use one goal"):
        compare(recall, score)
    with pytest.raises(UsageError, match="there are 100 and 50 resamples"):
        flattery(score, scores_of(second, count=50)[0], [score])


def test_candidates_of_other_images_are_refused() -> None:
    (matches,), (other,) = matches_of(0.5), matches_of(0.5, seed=1)
    with pytest.raises(UsageError, match="candidate a are of different images or annotations"):
        Candidate("a", {0: matches, 1: other})
    with pytest.raises(UsageError, match="candidate a has no evaluation"):
        Candidate("a", {})
    with pytest.raises(UsageError, match="not of the images of candidate a"):
        bootstrap_score(Candidate("a", {0: matches}), MAP, Resamples.draw(matches_of(0.5, images=9)[0]))


def test_a_metric_without_objects_is_refused() -> None:
    (matches,) = matches_of(0.5)
    objects = matches.num_objects.copy()
    objects[:, 2] = 0
    nothing = replace(matches, num_objects=objects)
    with pytest.raises(UsageError, match="'AP/rare' is undefined: no image has an object"):
        scores_of(nothing, goal=Goal.metric("AP/rare"))
