"""The finalists of a sweep with what is known of their trainings on one part of the data."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.evaluation.image_matches import ImageMatches
from sweepbox.detection.evaluation.image_matches_file import read_matches
from sweepbox.tuning.spec.confirm import ConfirmSpec
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.trial.evaluation import Part
from sweepbox.tuning.winner.choice import Contender
from sweepbox.tuning.winner.finalists import finalists_of, is_usable, runs_of, seeds_of
from sweepbox.tuning.winner.goal_values import has_values
from sweepbox.tuning.winner.resamples import Resamples
from sweepbox.tuning.winner.score import BootstrappedScore, Candidate, bootstrap_score

logger = logging.getLogger(__name__)


def contenders_of(state: SweepState, confirm: ConfirmSpec) -> tuple[Contender, ...]:
    """Return the finalists that have a finished training, without scores."""
    seeds = seeds_of(state.spec, confirm)
    found = []
    for finalist in finalists_of(state, confirm):
        runs = {seed: run for seed, run in runs_of(finalist, state, seeds).items() if is_usable(run, state)}
        if runs:
            found.append(Contender(finalist, runs))
    return tuple(found)


def trials_of(contenders: Sequence[Contender]) -> tuple[str, ...]:
    """Return the trials of all trainings."""
    return tuple(run.id for contender in contenders for run in contender.runs.values())


def with_scores(contenders: Sequence[Contender], state: SweepState) -> tuple[Contender, ...]:
    """Return the contenders with their scores on the validation part, see `PartScores`."""
    scores = PartScores.read(contenders, state, Part.VALIDATION)
    return tuple(replace(item, score=scores.of(item)) for item in contenders)


@dataclass(frozen=True, eq=False)
class PartScores:
    """The bootstrapped scores of contenders on one part of the data, in the same resamples."""

    scores: dict[str, BootstrappedScore]

    @classmethod
    def read(cls, contenders: Sequence[Contender], state: SweepState, part: Part) -> "PartScores":
        """Compute the scores of the first goal from the matches in the trials' folders.

        There are none where the goal cannot be computed from matches (losses and costs), or is undefined
        because the part has no object that it needs.
        """
        goal = state.objective.goals[0]
        matches = {item.name: _matches(item, state, part) for item in contenders}
        first = next(iter(next(iter(matches.values())).values()))
        if not has_values(goal, first.class_names):
            return cls({})
        resamples = Resamples.draw(first, seed=state.spec.seed)
        try:
            return cls(
                {
                    name: bootstrap_score(Candidate(name, found), goal, resamples)
                    for name, found in matches.items()
                }
            )
        except UsageError as error:
            logger.warning("no intervals on the %s part: %s", part, error)
            return cls({})

    def of(self, contender: Contender) -> BootstrappedScore | None:
        """Return the score of a contender; None where there are no scores."""
        return self.scores.get(contender.name)


def _matches(contender: Contender, state: SweepState, part: Part) -> dict[int, ImageMatches]:
    return {
        seed: read_matches(state.folder.trial(run.id).matches(part)) for seed, run in contender.runs.items()
    }
