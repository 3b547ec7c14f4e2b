"""The suggestions of a sweep: an Optuna study in memory, rebuilt from the observations of earlier trials."""

import copy
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from sweepbox.detection.config.edits import Edit
from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.seeds import derive_seed
from sweepbox.tuning.search.frozen_trial import optuna_state, optuna_values, results_trial, suggested_trial
from sweepbox.tuning.search.observation import Attributes, Observation, ObservedState
from sweepbox.tuning.search.samplers.random import Random
from sweepbox.tuning.search.samplers.sampler import Sampler, SamplerContext
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import Scalar

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial, Trial

Direction = Literal["maximize", "minimize"]
SEEDS = 2**32
"""How many seeds Optuna's samplers take, from 0."""
MOST_REDRAWS = 100
"""How many suggestions of the sampler may be infeasible before one is drawn at random."""
MOST_DRAWS = 10_000
"""How many random draws are made then; at least one in 100 of a checked space is feasible."""


@dataclass(frozen=True)
class Suggestion:
    """What a sampler suggests for one trial: its parameters, the edits of the base config that set them.

    `attributes` are values that the sampler stores with it; they belong in later observations of the trial.
    `redraws` counts the suggestions before it that did not meet the requirements; after `MOST_REDRAWS` of the
    sampler's it is drawn at random.
    """

    number: int
    edits: tuple[Edit, ...]
    parameters: Mapping[str, Scalar]
    attributes: Attributes
    redraws: int = 0


class Suggestions:
    """Suggests parameters from the observations of the trials so far.

    A suggestion depends on the seed, its number and the observations, not on the process that observed them.
    """

    def __init__(
        self,
        sampler: Sampler,
        space: Space,
        *,
        seed: int,
        directions: Sequence[Direction] = ("maximize",),
        observations: Iterable[Observation] = (),
        earlier: Sequence[Observation] = (),
        is_feasible: Callable[[Sequence[Edit]], bool] = lambda _edits: True,
    ) -> None:
        """Add earlier observations in the order of their numbers; `directions` has an entry for each score.

        `earlier` are ended trials of other sweeps, which have no numbers here; `is_feasible` decides whether a
        suggestion, as its edits, may become a trial.
        """
        import optuna

        from sweepbox.tuning.search.observed_storage import ObservedStorage

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._sampler = sampler
        self._space = space
        self._seed = seed
        self._is_feasible = is_feasible
        self._storage = ObservedStorage()
        self._study = optuna.create_study(storage=self._storage, study_name="sweep", directions=directions)
        self._study_id = self._storage.get_study_id_from_name("sweep")
        self._num_earlier = 0
        for index, observation in enumerate(earlier):
            self.add(replace(observation, number=index))
        self._num_earlier = len(earlier)
        for observation in observations:
            self.add(observation)

    def __len__(self) -> int:
        """Return the number of trials, those that are missing among the observations included."""
        return self._storage.count(self._study_id) - self._num_earlier

    def suggest(self) -> Suggestion:
        """Return what the sampler suggests for the next trial, which counts as running from now on.

        SweepError where no draw at random meets the requirements either.
        """
        number = len(self)
        before = self._storage.get_study_system_attrs(self._study_id)
        redraws, trial, edits = self._feasible(number)
        after = self._storage.get_study_system_attrs(self._study_id)
        attributes = {
            "trial": dict(self.trial(number).system_attrs),
            "study": {name: value for name, value in after.items() if before.get(name) != value},
        }
        return Suggestion(
            number,
            edits,
            dict(trial.params),
            {part: kept for part, kept in attributes.items() if kept},
            redraws,
        )

    def give(self, edits: Sequence[Edit], parameters: Mapping[str, Scalar]) -> Suggestion:
        """Return a suggestion that was not made by the sampler, which counts as running from now on.

        Parameters that are not those of the space tell the sampler nothing; the suggestion has none then.
        """
        number = len(self)
        self.add(Observation(number, parameters, ObservedState.RUNNING))
        return Suggestion(number, tuple(edits), dict(self.trial(number).params), {})

    def _feasible(self, number: int) -> tuple[int, "Trial", tuple[Edit, ...]]:
        """Return how many draws were not feasible, and the one that is, with its edits."""
        from optuna.trial import Trial

        for redraws, sampler in enumerate(self._samplers(number)):
            self._study.sampler = sampler
            if redraws:
                self._storage.restart(self._trial_id(number))
            trial = Trial(self._study, self._trial_id(number)) if redraws else self._study.ask()
            edits = self._space.suggest(trial)
            if self._is_feasible(edits):
                return redraws, trial, edits
        raise SweepError(
            f"require: none of {MOST_REDRAWS} suggestions and {MOST_DRAWS} random draws meets all "
            "requirements with a program that fits into memory; widen them"
        )

    def _samplers(self, number: int) -> Iterator["BaseSampler"]:
        """Yield a sampler for each draw of a suggestion: the sweep's own, then random ones."""
        yield self._build_sampler(self._sampler, number)
        for redraw in range(1, MOST_REDRAWS):
            yield self._build_sampler(self._sampler, number, redraw)
        for redraw in range(MOST_REDRAWS, MOST_REDRAWS + MOST_DRAWS):
            yield self._build_sampler(Random(), number, redraw)

    def report(self, number: int, evaluation: int, score: float) -> None:
        """Record the score of an evaluation of a running trial; the last report of an evaluation counts."""
        trial = self.trial(number)
        if not trial.state.is_finished() and trial.intermediate_values.get(evaluation) != score:
            self._storage.set_trial_intermediate_value(self._trial_id(number), evaluation, score)

    def close(
        self,
        number: int,
        state: ObservedState,
        *,
        scores: Sequence[float] = (),
        constraints: Mapping[str, float] | None = None,
    ) -> None:
        """Close a running trial with its results; a closed trial is not changed."""
        from optuna.trial import create_trial

        trial = self.trial(number)
        if trial.state.is_finished():
            return
        trial_id = self._trial_id(number)
        for name, value in create_trial(value=0.0, constraints=dict(constraints or {})).system_attrs.items():
            self._storage.set_trial_system_attr(trial_id, name, value)
        several = self._num_scores > 1
        values = optuna_values(state, scores, trial.intermediate_values, several=several)
        self._storage.set_trial_state_values(trial_id, optuna_state(state, several=several), values)

    def add(self, observation: Observation) -> None:
        """Add an observation; trials that are missing before it count as failed.

        One whose parameters are not those that the space has keeps its results, and samplers do not see it.
        ValueError where its number is taken.
        """
        if observation.number < len(self):
            raise ValueError(f"trial {observation.number} is here already; add observations in their order")
        for name, value in observation.attributes.get("study", {}).items():
            self._storage.set_study_system_attr(self._study_id, name, value)
        while len(self) < observation.number:
            self._storage.add_hidden(self._study_id)
        replayed = suggested_trial(observation, self._space, num_scores=self._num_scores)
        if replayed is None:
            results = results_trial(observation, num_scores=self._num_scores)
            self._storage.add_hidden(self._study_id, results)
        else:
            self._study.add_trial(replayed)

    def trial(self, number: int) -> "FrozenTrial":
        """Return a trial as Optuna sees it now, with its own number; what is returned is not changed later."""
        trial = copy.copy(self._storage.get_trial(self._trial_id(number)))
        trial.number = number
        return trial

    def _build_sampler(self, sampler: Sampler, *draw: int) -> "BaseSampler":
        """Return the sampler for one draw, given by the trial's number and, of a redraw, its own."""
        from optuna.exceptions import ExperimentalWarning

        context = SamplerContext(
            self._space,
            sweep_seed=derive_seed(self._seed, "sampler") % SEEDS,
            seed=derive_seed(self._seed, "searcher", *draw) % SEEDS,  # the name that sampler had
            redraw=draw[1] if len(draw) > 1 else 0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            return sampler.build(context)

    def _trial_id(self, number: int) -> int:
        return self._storage.get_trial_id_from_study_id_trial_number(self._study_id, number + self._num_earlier)

    @property
    def _num_scores(self) -> int:
        return len(self._study.directions)
