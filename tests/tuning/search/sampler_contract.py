"""What every sampler is held to: sweeps without training, undisturbed or restarted before every suggestion.

`python sampler_contract.py NAME SEED` prints the suggestions that a sampler makes in a process of its own.
"""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sweepbox.tuning.search.observation import Observation, ObservedState
from sweepbox.tuning.search.samplers.sampler import Sampler
from sweepbox.tuning.search.samplers.table import sampler_of
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.search.suggestions import Direction, Suggestion, Suggestions
from sweepbox.tuning.spec.file import parse_spec
from sweepbox.tuning.spec.schema import SamplerSpec

SPACE = Space.of(
    parse_spec("""
name: a
base_config: b
space:
  learning_rate: {log_uniform: [1.0e-4, 1.0e-2]}
  focal_gamma: {uniform: [1, 2]}
  warmup_steps: {integer: [10, 28], step: 5}
  optimizer: {choice: [momentum, adam]}
augmentations:
  random_adjust_hue: {max_delta: {uniform: [0.01, 0.05]}}
""")
)
DISCRETE = Space.of(
    parse_spec("""
name: a
base_config: b
space:
  batch_size: {choice: [4, 8, 16]}
  warmup_steps: {integer: [10, 30], step: 10}
augmentations:
  random_adjust_hue: {max_delta: {choice: [0.1, 0.2]}}
""")
)
POINTS = 27
"""The points of the discrete space."""

TRIALS = 24
WORKERS = 3
Parameters = dict[str, Any]


def space_of(name: str) -> Space:
    """Return the space on which a sampler is tested."""
    return DISCRETE if name == "grid" else SPACE


class Sweep:
    """A sweep whose trials end as their numbers say; with `restarts`, a new process makes each suggestion."""

    def __init__(
        self,
        sampler: Sampler,
        *,
        space: Space = SPACE,
        seed: int = 0,
        restarts: bool = False,
        directions: Sequence[Direction] = ("maximize",),
    ) -> None:
        self.sampler, self.space, self.seed, self.restarts = sampler, space, seed, restarts
        self.directions = directions
        self.observations: list[Observation] = []
        self.suggestions = self.rebuilt()

    def rebuilt(self) -> Suggestions:
        return Suggestions(
            self.sampler,
            self.space,
            seed=self.seed,
            directions=self.directions,
            observations=self.observations,
        )

    def run(self, trials: int = TRIALS, *, worth: float = 1.0) -> list[Parameters]:
        """Return the parameters that are suggested while `WORKERS` trials run at a time."""
        running: list[int] = []
        for _ in range(trials):
            if self.restarts:
                self.suggestions = self.rebuilt()
            running.append(self.suggest().number)
            if len(running) == WORKERS:
                self.end(running.pop(self.order(running)), worth)
        return [dict(item.parameters) for item in self.observations]

    def suggest(self) -> Suggestion:
        suggestion = self.suggestions.suggest()
        written: Any = json.loads(json.dumps([suggestion.parameters, suggestion.attributes]))
        parameters, attributes = written
        self.observations.append(
            Observation(suggestion.number, parameters, ObservedState.RUNNING, attributes=attributes)
        )
        return suggestion

    def end(self, number: int, worth: float) -> None:
        """End a trial: most finish, some are stopped early or fail."""
        before = self.observations[number]
        score = worth * score_of(before.parameters)
        state = {1: ObservedState.STOPPED_EARLY, 3: ObservedState.FAILED}.get(
            number % 5, ObservedState.FINISHED
        )
        intermediate = {1: score / 2} if state is ObservedState.STOPPED_EARLY else {1: score / 2, 2: score}
        scores = tuple(score**power for power in range(1, len(self.directions) + 1))
        if state is ObservedState.FAILED or (state is ObservedState.STOPPED_EARLY and len(scores) == 1):
            scores = ()  # a trial that was stopped early has its last evaluation's, where there are several
        for evaluation, value in intermediate.items():
            self.suggestions.report(number, evaluation, value)
        self.suggestions.close(number, state, scores=scores)
        self.observations[number] = replace(before, state=state, scores=scores, intermediate=intermediate)

    @staticmethod
    def order(running: list[int]) -> int:
        """Return which of the trials that run ends next: now the oldest, now the newest."""
        return -1 if running[-1] % 4 == 2 else 0


def score_of(parameters: Mapping[str, Any]) -> float:
    """Return a score that is higher for better parameters, whatever they are."""
    numbers = (float(value) for value in parameters.values() if isinstance(value, float | int))
    return sum(math.sin(3 * number) for number in numbers) + len(parameters)


if __name__ == "__main__":
    name, seed = sys.argv[1], int(sys.argv[2])
    suggested = Sweep(sampler_of(SamplerSpec(type=name)), space=space_of(name), seed=seed).run()
    sys.stdout.write(json.dumps(suggested))
