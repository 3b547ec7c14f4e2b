"""Check the statistics of the winner on simulated detectors, whose true quality is known.

    python -m experiments.winner.coverage [--repeats 200] [--resamples 300] [--processes 2]

For each setting it draws images and three configs many times: two of equal quality and a better one, each
trained with some seeds. It prints the table of `docs/winner.md`: how often the 90 % intervals contain the
truth, how often one of two equal configs is called better (false winners; 10 % are right) and how often the
better one is called a tie (false ties). Takes some minutes on two cores.
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from experiments.winner.simulated import Scene, detect, draw_scene, parts_of, renamed
from sweepbox.detection.evaluation.image_matches import ImageMatches
from sweepbox.tuning.objective.goal import Goal
from sweepbox.tuning.winner.comparison import compare
from sweepbox.tuning.winner.cross_validation import fold_of_image, join_folds
from sweepbox.tuning.winner.goal_values import goal_values
from sweepbox.tuning.winner.resamples import Resamples
from sweepbox.tuning.winner.score import BootstrappedScore, Candidate, bootstrap_score

SKILL = 0.5
SEED_SPREAD = 0.08
"""The standard deviation of skill over seeds: two trainings of a config differ by about 0.02 mAP."""

TRUE_IMAGES = 100_000
HEAD = (
    "pictures",
    "seeds",
    "metric",
    "true difference",
    "interval of a config contains the truth",
    "interval of a difference contains the truth",
    "false winners",
    "false ties",
    "the higher figure is the worse config",
    "median smallest difference",
)


@dataclass(frozen=True)
class Setting:
    """What is simulated.

    Attributes:
        images: The number of images.
        seeds: The number of trainings of each config.
        more_skill: How much more skill the better config has.
        metric: The metric that is compared.
        seed_spread: The standard deviation of skill over trainings.
        folds: With how many folds each config is cross-validated; 1 for a single training with each seed.
    """

    images: int
    seeds: int
    more_skill: float
    metric: str = "mAP"
    seed_spread: float = SEED_SPREAD
    folds: int = 1


@dataclass(frozen=True)
class Rates:
    """What came out: shares in 0..1, except for the two differences of the metric."""

    true_difference: float
    config_coverage: float
    difference_coverage: float
    false_winners: float
    false_ties: float
    worse_is_higher: float
    smallest_difference: float


SETTINGS = (
    Setting(116, 1, 0.3, seed_spread=0.0),
    Setting(116, 1, 0.3),
    Setting(116, 2, 0.3),
    Setting(116, 3, 0.3),
    Setting(116, 1, 0.3, metric="AP@.50/rare", seed_spread=0.0),
    Setting(116, 3, 0.3, metric="AP@.50/rare"),
    Setting(464, 1, 0.15, seed_spread=0.0),
    Setting(464, 3, 0.15),
    Setting(580, 1, 0.15, folds=5),
    Setting(580, 2, 0.15, folds=5),
    Setting(580, 1, 0.3, metric="AP@.50/rare", folds=5),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--resamples", type=int, default=300)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    run = partial(simulate, repeats=options.repeats, resamples=options.resamples)
    print("| " + " | ".join(HEAD) + " |\n| " + " | ".join(["---:"] * len(HEAD)) + " |", flush=True)
    with ProcessPoolExecutor(options.processes) as pool:
        for setting, rates in zip(SETTINGS, pool.map(run, SETTINGS), strict=True):
            print("| " + " | ".join(_row(setting, rates)) + " |", flush=True)


def simulate(
    setting: Setting, *, repeats: int, resamples: int, seed: int = 0, true_images: int = TRUE_IMAGES
) -> Rates:
    """Draw images and configs, and compare them, `repeats` times.

    Args:
        setting: What is simulated.
        repeats: How often images and trainings are drawn.
        resamples: The number of resamples of each comparison.
        seed: The seed of all draws.
        true_images: The number of images that stand for all images.
    """
    goal = Goal.metric(setting.metric)
    true_values = [true_value(goal, SKILL + more, true_images) for more in (0.0, setting.more_skill)]
    true_difference = true_values[1] - true_values[0]
    equal, different, configs = [], [], []
    for repeat in range(repeats):
        random = np.random.default_rng([seed, repeat])
        first, second, better = _scores(random, setting, goal, resamples)
        configs.append(true_values[0] in first.interval())
        equal.append(compare(second, first))
        different.append(compare(better, first))
    covered = [0.0 in found.interval for found in equal]
    covered += [true_difference in found.interval for found in different]
    return Rates(
        true_difference,
        _share(configs),
        _share(covered),
        _share([not found.is_tie for found in equal]),
        _share([found.is_tie for found in different]),
        _share([found.difference < 0 for found in different]),
        float(np.median([found.smallest_difference for found in different])),
    )


def true_value(goal: Goal, skill: float, images: int) -> float:
    """Return the value of a goal on very many images."""
    random = np.random.default_rng(1)
    matches = detect(random, draw_scene(random, images), skill)
    return float(goal_values(goal, matches, np.ones((1, images), np.int64))[0])


def _scores(
    random: np.random.Generator, setting: Setting, goal: Goal, count: int
) -> tuple[BootstrappedScore, ...]:
    """Return the scores of two equal configs and a better one on the same images with all classes."""
    while True:
        scene = draw_scene(random, setting.images)
        if len(np.unique(scene.object_class)) == 3:
            break
    skills = (SKILL, SKILL, SKILL + setting.more_skill)
    candidates = [_trained(random, scene, setting, skill) for skill in skills]
    resamples = Resamples.draw(candidates[0].any_matches, count=count, seed=int(random.integers(2**31)))
    return tuple(bootstrap_score(candidate, goal, resamples) for candidate in candidates)


def _trained(random: np.random.Generator, scene: Scene, setting: Setting, skill: float) -> Candidate:
    """Return a config with its trainings, each of a skill of its own: one for each seed, or each fold of it."""
    trainings = skill + setting.seed_spread * random.standard_normal((setting.seeds, setting.folds))
    parts = {seed: _detected(random, scene, skills) for seed, skills in enumerate(trainings.tolist())}
    if setting.folds == 1:
        return Candidate(f"skill {skill:g}", {seed: found[0] for seed, found in parts.items()})
    joined = {seed: join_folds(found) for seed, found in parts.items()}
    folds = {seed: fold_of_image(found, joined[seed]) for seed, found in parts.items()}
    return Candidate(f"skill {skill:g}", joined, folds)


def _detected(random: np.random.Generator, scene: Scene, skills: Sequence[float]) -> list[ImageMatches]:
    """Return what is found in the images: by one detector, or by that of each fold in the fold's images."""
    if len(skills) == 1:
        return [detect(random, scene, skills[0])]
    return [
        renamed(detect(random, part, skill), f"{number} ")
        for number, (part, skill) in enumerate(zip(parts_of(scene, len(skills)), skills, strict=True))
    ]


def _share(flags: Sequence[bool] | NDArray[np.bool_]) -> float:
    return float(np.mean(flags))


def _row(setting: Setting, rates: Rates) -> list[str]:
    percent = [
        f"{100 * share:.0f} %"
        for share in (
            rates.config_coverage,
            rates.difference_coverage,
            rates.false_winners,
            rates.false_ties,
            rates.worse_is_higher,
        )
    ]
    folds = f", {setting.folds} folds" if setting.folds > 1 else ""
    seeds = f"{setting.seeds}{folds}" + ("" if setting.seed_spread else " (all alike)")
    return [
        str(setting.images),
        seeds,
        setting.metric,
        f"{rates.true_difference:.3f}",
        *percent,
        f"{rates.smallest_difference:.3f}",
    ]


if __name__ == "__main__":
    main()
