"""The suggestions of a sweep: an Optuna study in memory, rebuilt from the observations of earlier trials."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sweepbox.detection.config.edits import Edit
from sweepbox.detection.core.seeds import derive_seed
from sweepbox.tuning.search.observation import Attributes, Observation, ObservedState
from sweepbox.tuning.search.replay import Replay
from sweepbox.tuning.search.samplers.sampler import Sampler, SamplerContext
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import Scalar

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from optuna.trial import FrozenTrial
    from optuna.trial import TrialState as OptunaState

Direction = Literal["maximize", "minimize"]
SEEDS = 2**32
"""How many seeds Optuna's samplers take, from 0."""


@dataclass(frozen=True)
class Suggestion:
    """What a sampler suggests for one trial: its parameters, the edits of the base config that set them.

    `attributes` are values that the sampler stores with it; they belong in later observations of the trial.
    """

    number: int
    edits: tuple[Edit, ...]
    parameters: Mapping[str, Scalar]
    attributes: Attributes


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
    ) -> None:
        """Add earlier observations in the order of their numbers; `directions` has an entry for each score."""
        import optuna

        from sweepbox.tuning.search.observed_storage import ObservedStorage

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._sampler = sampler
        self._space = space
        self._seed = seed
        self._storage = ObservedStorage()
        self._study = optuna.create_study(storage=self._storage, study_name="sweep", directions=directions)
        self._study_id = self._storage.get_study_id_from_name("sweep")
        for observation in observations:
            self.add(observation)

    def __len__(self) -> int:
        """Return the number of trials, those that are missing among the observations included."""
        return self._storage.count(self._study_id)

    def suggest(self) -> Suggestion:
        """Return what the sampler suggests for the next trial, which counts as running from now on."""
        number = len(self)
        self._study.sampler = self._build_sampler(number)
        before = self._storage.get_study_system_attrs(self._study_id)
        trial = self._study.ask()
        edits = self._space.suggest(trial)
        after = self._storage.get_study_system_attrs(self._study_id)
        attributes = {
            "trial": dict(self.trial(number).system_attrs),
            "study": {name: value for name, value in after.items() if before.get(name) != value},
        }
        return Suggestion(
            number, edits, dict(trial.params), {part: kept for part, kept in attributes.items() if kept}
        )

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
        values = self._values(state, scores, trial.intermediate_values)
        self._storage.set_trial_state_values(trial_id, _optuna_state(state), values)

    def add(self, observation: Observation) -> None:
        """Add an observation; trials that are missing before it count as failed.

        So does one whose parameters are not those that the space has. ValueError where its number is taken.
        """
        if observation.number < len(self):
            raise ValueError(f"trial {observation.number} is here already; add observations in their order")
        for name, value in observation.attributes.get("study", {}).items():
            self._storage.set_study_system_attr(self._study_id, name, value)
        while len(self) < observation.number:
            self._storage.add_unknown(self._study_id)
        replayed = self._replayed(observation)
        if replayed is None:
            self._storage.add_unknown(self._study_id)
        else:
            self._study.add_trial(replayed)

    def trial(self, number: int) -> "FrozenTrial":
        """Return a trial as Optuna sees it now; what is returned is not changed later."""
        return self._storage.get_trial(self._trial_id(number))

    def _build_sampler(self, number: int) -> "BaseSampler":
        from optuna.exceptions import ExperimentalWarning

        context = SamplerContext(
            self._space,
            sweep_seed=derive_seed(self._seed, "sampler") % SEEDS,
            seed=derive_seed(self._seed, "searcher", number) % SEEDS,  # the name that sampler had
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            return self._sampler.build(context)

    def _trial_id(self, number: int) -> int:
        return self._storage.get_trial_id_from_study_id_trial_number(self._study_id, number)

    def _replayed(self, observation: Observation) -> "FrozenTrial | None":
        """Return the trial that suggesting, reporting and closing leave; None where they could not."""
        from optuna.trial import create_trial

        replay = Replay(observation.parameters)
        try:
            self._space.suggest(replay)
            if replay.distributions.keys() != observation.parameters.keys():
                raise ValueError("parameters that the space does not have")
            return create_trial(
                state=_optuna_state(observation.state),
                values=self._values(observation.state, observation.scores, observation.intermediate),
                params=dict(observation.parameters),
                distributions=replay.distributions,
                system_attrs=dict(observation.attributes.get("trial", {})),
                intermediate_values=dict(observation.intermediate),
                constraints=dict(observation.constraints),
            )
        except (ValueError, TypeError):
            return None

    def _values(
        self, state: ObservedState, scores: Sequence[float], intermediate: Mapping[int, float]
    ) -> tuple[float, ...] | None:
        """Return the values of a trial in Optuna: its scores, or its last score if it was stopped early."""
        if state is ObservedState.FINISHED:
            return tuple(scores)
        if state is ObservedState.STOPPED_EARLY and intermediate and len(self._study.directions) == 1:
            return (intermediate[max(intermediate)],)
        return None


def _optuna_state(state: ObservedState) -> "OptunaState":
    from optuna.trial import TrialState as OptunaState

    return {
        ObservedState.RUNNING: OptunaState.RUNNING,
        ObservedState.FINISHED: OptunaState.COMPLETE,
        ObservedState.STOPPED_EARLY: OptunaState.PRUNED,
        ObservedState.FAILED: OptunaState.FAIL,
    }[state]
