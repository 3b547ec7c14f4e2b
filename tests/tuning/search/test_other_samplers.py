"""The seam fits Optuna's other samplers: what they keep between trials survives a restart before each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from optuna.samplers import (
    BaseSampler,
    BruteForceSampler,
    GridSampler,
    NSGAIISampler,
    QMCSampler,
    RandomSampler,
)

from sweepbox.tuning.search.observation import Observation, ObservedState
from sweepbox.tuning.search.samplers.sampler import Sampler, SamplerContext
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.search.suggestions import Direction, Suggestions
from sweepbox.tuning.spec.schema import Augmentation, Distribution, SpecModel

from .sampler_contract import SPACE, Sweep

DISCRETE = Space(
    {"batch_size": Distribution(choice=[4, 8, 16]), "warmup_steps": Distribution(integer=[10, 30], step=10)},
    {"random_adjust_hue": Augmentation.model_validate({"max_delta": {"choice": [0.1, 0.2]}})},
)


class QMC(SpecModel):
    """Counts in the attributes of the study; all suggestions need one seed, but what it draws on its own."""

    uses_results: ClassVar[bool] = False

    def build(self, context: SamplerContext) -> BaseSampler:
        return QMCSampler(
            scramble=True,
            seed=context.sweep_seed,
            independent_sampler=RandomSampler(seed=context.seed),
            warn_independent_sampling=False,
        )


class NSGAII(SpecModel):
    """Keeps generations in the attributes of trials, and the numbers of parents in those of the study."""

    uses_results: ClassVar[bool] = True

    def build(self, context: SamplerContext) -> BaseSampler:
        return NSGAIISampler(population_size=4, seed=context.seed)


class BruteForce(SpecModel):
    """Knows what was tried from the trials' parameters."""

    uses_results: ClassVar[bool] = False

    def build(self, context: SamplerContext) -> BaseSampler:
        return BruteForceSampler(seed=context.seed)


class Grid(SpecModel):
    """Needs the space before the first suggestion, and keeps places in the grid in the attributes of trials."""

    uses_results: ClassVar[bool] = False

    def build(self, context: SamplerContext) -> BaseSampler:
        choices = Choices()
        context.space.suggest(choices)
        return GridSampler(choices.of, seed=context.sweep_seed)


@dataclass
class Choices:
    """Stands in for a trial, and notes what can be chosen."""

    of: dict[str, Sequence[Any]] = field(default_factory=dict)

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        raise NotImplementedError

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1) -> int:
        return int(self.suggest_categorical(name, list(range(low, high + 1, step))))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        self.of[name] = choices
        return choices[0]


CASES: dict[str, tuple[Sampler, Space, Sequence[Direction]]] = {
    "qmc": (QMC(), SPACE, ["maximize"]),
    "nsga-ii": (NSGAII(), SPACE, ["maximize", "minimize"]),
    "brute force": (BruteForce(), DISCRETE, ["maximize"]),
    "grid": (Grid(), DISCRETE, ["maximize"]),
}
TRIALS = {"brute force": 27, "grid": 36}
"""The points of the discrete space; a grid knows no conditions."""


@pytest.mark.parametrize("name", CASES)
def test_a_restart_before_every_suggestion_changes_none(name: str) -> None:
    sampler, space, directions = CASES[name]
    suggested = [
        Sweep(sampler, space=space, seed=5, restarts=restarts, directions=directions).run(TRIALS.get(name, 24))
        for restarts in (False, True)
    ]
    assert suggested[0] == suggested[1]


@pytest.mark.parametrize("name", CASES)
def test_trials_of_which_nothing_is_known_stop_no_sampler(name: str) -> None:
    sampler, space, directions = CASES[name]
    sweep = Sweep(sampler, space=space, directions=directions)
    sweep.run()
    for missing in range(len(sweep.observations)):
        known = [item for item in sweep.observations if item.number != missing]
        suggestions = Suggestions(sampler, space, seed=0, directions=directions, observations=known)
        foreign = Observation(len(suggestions), {}, ObservedState.FINISHED, scores=(0.5,) * len(directions))
        suggestions.add(foreign)
        assert suggestions.suggest().number == foreign.number + 1


@pytest.mark.parametrize(("name", "trials"), TRIALS.items())
def test_all_points_are_tried(name: str, trials: int) -> None:
    sampler, space, _ = CASES[name]
    suggested = Sweep(sampler, space=space).run(trials)
    assert len({tuple(parameters.items()) for parameters in suggested}) == 27


@pytest.mark.parametrize("name", ["qmc", "nsga-ii"])
def test_what_is_kept_in_the_study_is_needed(name: str) -> None:
    sampler, space, directions = CASES[name]
    sweep = Sweep(sampler, space=space, directions=directions)
    sweep.run()
    assert any("study" in observation.attributes for observation in sweep.observations)
