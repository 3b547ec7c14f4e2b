"""The finalists of a search: its best configs and the base config, and their trainings with several seeds."""

from dataclasses import dataclass

from sweepbox.detection.config.difference import fingerprint
from sweepbox.detection.config.load import load_config
from sweepbox.tuning.objective.ranking import Candidate, by_first_goal
from sweepbox.tuning.spec.confirm import ConfirmSpec
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.trial_record import Fold, TrialState
from sweepbox.tuning.sweep.chains import chain_fingerprint
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.trial_result import TrialResult

BASE = "base"
"""The name of a base config that the search itself did not train."""


@dataclass(frozen=True)
class Finalist:
    """A config, or a chain of configs, that is compared with others by several trainings.

    Attributes:
        name: The id of the search's trial that has this config; `base` where it has none.
        source: That trial; None for a base config that the search did not train.
        fingerprint: The hash of the config, or of the configs where the trial continues others; see `Chains`.
        is_base: Whether it is the base config.
    """

    name: str
    source: str | None
    fingerprint: str
    is_base: bool


@dataclass(frozen=True)
class SeedRun:
    """A training that is to be made: a finalist with a seed, in a fold of a cross-validation or not."""

    finalist: Finalist
    seed: int
    fold: Fold | None = None


def finalists_of(state: SweepState, confirm: ConfirmSpec) -> tuple[Finalist, ...]:
    """Return the best `top` configs of the search, best first, and the base config if it is not among them.

    SweepError where one of them continues a trial that is missing.
    """
    base = fingerprint(load_config(state.folder.base_config))
    candidates = [
        Candidate(trial.id, trial.best.evaluation, trial.best.metrics)
        for trial in state.searched
        if trial.best is not None and trial.state.has_ended and trial.status.duplicate_of is None
    ]
    found: dict[str, Finalist] = {}
    for candidate in by_first_goal(candidates, state.objective):
        if len(found) == confirm.top:
            break
        mark = chain_fingerprint(state.chains.segments(candidate.trial))
        found.setdefault(mark, Finalist(candidate.trial, candidate.trial, mark, mark == base))
    if base not in found:
        source = next(
            (trial.id for trial in state.searched if state.chains.fingerprint(trial.id) == base), None
        )
        found[base] = Finalist(source or BASE, source, base, is_base=True)
    return tuple(found.values())


def seeds_of(spec: SweepSpec, confirm: ConfirmSpec) -> tuple[int, ...]:
    """Return the seeds of each finalist's trainings: that of the search, and the next ones."""
    return confirm.training_seeds(spec.seed)


def folds_of(confirm: ConfirmSpec) -> tuple[Fold, ...]:
    """Return the folds of a cross-validation; none where there is none."""
    count = confirm.folds or 0
    return tuple(Fold(number, count) for number in range(1, count + 1))


def runs_of(finalist: Finalist, state: SweepState, seeds: tuple[int, ...]) -> dict[int, TrialResult]:
    """Return the finalist's trainings on the training part by seed, finished or not.

    The search's own training counts where it came to its end by itself, with the same steps and seed, and its
    checkpoint was kept: it is the very training that would be repeated.
    """
    found = {seed: _run_of(finalist, state, seed) for seed in seeds}
    return {seed: run for seed, run in found.items() if run is not None}


def fold_runs_of(
    finalist: Finalist, state: SweepState, confirm: ConfirmSpec
) -> dict[int, dict[Fold, TrialResult]]:
    """Return the finalist's trainings in the folds of a cross-validation, by seed and fold, finished or not."""
    made = {
        seed: {fold: _run_of(finalist, state, seed, fold) for fold in folds_of(confirm)}
        for seed in seeds_of(state.spec, confirm)
    }
    return {seed: {fold: run for fold, run in runs.items() if run is not None} for seed, runs in made.items()}


def missing_runs(state: SweepState, confirm: ConfirmSpec) -> tuple[SeedRun, ...]:
    """Return the trainings of finalists that have no trial yet, seed by seed."""
    return tuple(run for run, made in _all_runs(state, confirm).items() if made is None)


def unfinished_runs(state: SweepState, confirm: ConfirmSpec) -> tuple[str, ...]:
    """Return the trials that train a finalist and have not ended."""
    made = _all_runs(state, confirm).values()
    return tuple(run.id for run in made if run is not None and not run.state.has_ended)


def failed_runs(state: SweepState, confirm: ConfirmSpec) -> dict[SeedRun, TrialResult]:
    """Return the trainings of finalists that have ended without a result."""
    made = _all_runs(state, confirm)
    return {
        wanted: run
        for wanted, run in made.items()
        if run is not None and run.state.has_ended and not is_usable(run, state)
    }


def is_usable(run: TrialResult, state: SweepState) -> bool:
    """Return whether a training came to its end and its best weights are there."""
    has_weights = run.best is not None and state.folder.trial(run.id).best.is_dir()
    return run.state is TrialState.FINISHED and has_weights


def _all_runs(state: SweepState, confirm: ConfirmSpec) -> dict[SeedRun, TrialResult | None]:
    """Return all trainings of all finalists, seed by seed; None where there is no trial yet."""
    finalists = finalists_of(state, confirm)
    wanted = (
        SeedRun(finalist, seed, fold)
        for seed in seeds_of(state.spec, confirm)
        for fold in (None, *folds_of(confirm))
        for finalist in finalists
    )
    return {run: _run_of(run.finalist, state, run.seed, run.fold) for run in wanted}


def _run_of(finalist: Finalist, state: SweepState, seed: int, fold: Fold | None = None) -> TrialResult | None:
    same = [
        trial
        for trial in state.trials
        if (trial.status.seed, trial.status.fold) == (seed, fold)
        and state.chains.fingerprint(trial.id) == finalist.fingerprint
    ]
    own = (trial for trial in same if not trial.status.is_confirmation)
    counted = next((trial for trial in own if _counts(trial, state) and is_usable(trial, state)), None)
    return counted or next((trial for trial in same if trial.status.is_confirmation), None)


def _counts(trial: TrialResult, state: SweepState) -> bool:
    """Return whether a trial of the search was trained under its own config as long as a confirmation is."""
    return trial.status.duplicate_of is None and state.chains.is_own(trial.id)
