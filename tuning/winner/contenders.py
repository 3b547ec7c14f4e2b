"""The finalists of a sweep with what is known of their trainings on one part of the data."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.evaluation.image_matches import ImageMatches
from sweepbox.detection.evaluation.image_matches_file import read_matches
from sweepbox.tuning.spec.confirm import ConfirmSpec
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.trial_result import TrialResult
from sweepbox.tuning.trial.evaluation import Part
from sweepbox.tuning.winner.choice import Contender
from sweepbox.tuning.winner.cross_validation import CrossValidation, fold_of_image, join_folds, joined_metrics
from sweepbox.tuning.winner.finalists import (
    Finalist,
    finalists_of,
    fold_runs_of,
    is_usable,
    runs_of,
    seeds_of,
)
from sweepbox.tuning.winner.goal_values import has_values
from sweepbox.tuning.winner.resamples import Resamples
from sweepbox.tuning.winner.score import BootstrappedScore, Candidate, bootstrap_score

logger = logging.getLogger(__name__)

MatchesBySeed = Mapping[int, ImageMatches]


def contenders_of(state: SweepState, confirm: ConfirmSpec) -> tuple[Contender, ...]:
    """Return the finalists that can be compared and exported, without scores.

    They have a finished training on the training part and, with folds, a cross-validation of which all
    trainings have finished; its metrics come with the scores.
    """
    seeds = seeds_of(state.spec, confirm)
    found = []
    for finalist in finalists_of(state, confirm):
        runs = {seed: run for seed, run in runs_of(finalist, state, seeds).items() if is_usable(run, state)}
        folds = _cross_validations(finalist, state, confirm)
        if runs and (folds or confirm.folds is None):
            found.append(Contender(finalist, runs, folds=folds))
    return tuple(found)


def _cross_validations(
    finalist: Finalist, state: SweepState, confirm: ConfirmSpec
) -> dict[int, CrossValidation]:
    made = fold_runs_of(finalist, state, confirm)
    usable = {seed: [run for run in runs.values() if is_usable(run, state)] for seed, runs in made.items()}
    return {
        seed: CrossValidation(tuple(runs), {})
        for seed, runs in usable.items()
        if runs and len(runs) == confirm.folds
    }


def trials_of(contenders: Sequence[Contender], part: Part = Part.TEST) -> tuple[str, ...]:
    """Return the trials whose weights are evaluated on a part.

    These are the trainings on the training part, and for validation those of the folds where there are any.
    """
    return tuple(run.id for contender in contenders for run in _runs(contender, part))


def _runs(contender: Contender, part: Part) -> tuple[TrialResult, ...]:
    in_folds = contender.folds.values() if part is Part.VALIDATION else ()
    return (*contender.runs.values(), *(run for found in in_folds for run in found.runs))


def with_scores(contenders: Sequence[Contender], state: SweepState) -> tuple[Contender, ...]:
    """Return the contenders with scores and metrics of the validation part or all folds; see `PartScores`."""
    candidates = {item.name: _candidate(item, state, Part.VALIDATION) for item in contenders}
    scores = PartScores.of_candidates(candidates.values(), state, Part.VALIDATION)
    return tuple(
        replace(item, score=scores.of(item), folds=_with_metrics(item, candidates[item.name].matches))
        for item in contenders
    )


def _with_metrics(contender: Contender, matches: MatchesBySeed) -> dict[int, CrossValidation]:
    return {
        seed: replace(
            found,
            metrics=joined_metrics(
                matches[seed], [run.best.metrics for run in found.runs if run.best is not None]
            ),
        )
        for seed, found in contender.folds.items()
    }


@dataclass(frozen=True, eq=False)
class PartScores:
    """The bootstrapped scores of contenders on one part of the data, in the same resamples."""

    scores: dict[str, BootstrappedScore]

    @classmethod
    def read(cls, contenders: Sequence[Contender], state: SweepState, part: str) -> "PartScores":
        """Compute the scores from the matches in the trials' folders, see `of_candidates`.

        `part` is a part of the data, or `TEST_AS_EXPORTED`.
        """
        return cls.of_candidates([_candidate(item, state, part) for item in contenders], state, part)

    @classmethod
    def of_candidates(cls, candidates: Iterable[Candidate], state: SweepState, part: str) -> "PartScores":
        """Compute the scores of the first goal.

        There are none where the goal cannot be computed from matches (losses and costs), or is undefined
        because the part has no object that it needs.
        """
        goal = state.objective.goals[0]
        first, *others = candidates
        if not has_values(goal, first.any_matches.class_names):
            return cls({})
        resamples = Resamples.draw(first.any_matches, seed=state.spec.seed)
        try:
            return cls({item.name: bootstrap_score(item, goal, resamples) for item in (first, *others)})
        except UsageError as error:
            logger.warning("no intervals on the %s part: %s", part, error)
            return cls({})

    def of(self, contender: Contender) -> BootstrappedScore | None:
        """Return the score of a contender; None where there are no scores."""
        return self.scores.get(contender.name)


def _candidate(contender: Contender, state: SweepState, part: str) -> Candidate:
    """Return a contender with its matches by seed; on the validation part those of all folds if it has them."""

    def of(run: TrialResult) -> ImageMatches:
        return read_matches(state.folder.trial(run.id).matches(part))

    if part != Part.VALIDATION or not contender.folds:
        return Candidate(contender.name, {seed: of(run) for seed, run in contender.runs.items()})
    parts = {seed: [of(run) for run in found.runs] for seed, found in contender.folds.items()}
    joined = {seed: join_folds(found) for seed, found in parts.items()}
    folds = {seed: fold_of_image(found, joined[seed]) for seed, found in parts.items()}
    return Candidate(contender.name, joined, folds)
