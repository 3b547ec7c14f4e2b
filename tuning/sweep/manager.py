"""The trial manager: makes each trial once, hands it out once and closes it once."""

import logging
from collections.abc import Collection
from dataclasses import replace

from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import NoEffectError
from sweepbox.tuning.schedule.rule import CopyOrder
from sweepbox.tuning.search.feasibility import Feasibility
from sweepbox.tuning.search.fitting_programs import FittingPrograms
from sweepbox.tuning.search.programs import has_several_programs
from sweepbox.tuning.search.samplers.table import sampler_of
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.search.suggestions import Suggestion
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.start_file import read_start
from sweepbox.tuning.storage.trial_record import Evaluation, Fold, Origin, TrialState, TrialStatus
from sweepbox.tuning.sweep.closing import TrialCloser
from sweepbox.tuning.sweep.given_trials import given_trials
from sweepbox.tuning.sweep.latency import Latencies
from sweepbox.tuning.sweep.new_trials import TrialFactory
from sweepbox.tuning.sweep.queue import TrialQueue
from sweepbox.tuning.sweep.reconcile import reconcile
from sweepbox.tuning.sweep.records import TrialRecords
from sweepbox.tuning.sweep.requested_trials import RequestedTrials
from sweepbox.tuning.sweep.start_from import point_edits
from sweepbox.tuning.sweep.study import SweepStudy
from sweepbox.tuning.sweep.unfit_programs import unfit_programs

logger = logging.getLogger(__name__)

PATIENCE = 4
"""How often, for each worker, a waiting trial may be passed over for one of a better program."""


class TrialManager:
    """All trials of a sweep, as its driver manages them.

    The trials' folders are the truth: a sweep whose processes were killed resumes from them.

    Where the space has static parameters, trials are made ahead, as many as there are workers, so that a worker
    can be given one whose program it holds. Such a suggestion knows the results of at most
    `(1 + PATIENCE) * num_workers` trials less than one made when its trial starts. Where all trials share a
    program, none is made ahead.

    Attributes:
        records: The records of all trials, kept up to date.
    """

    def __init__(
        self, folder: SweepFolder, spec: SweepSpec, *, num_workers: int = 1, sources: Collection[str] = ()
    ) -> None:
        """Read the records and close what the last process left open; see `keep_states` for `sources`."""
        self._spec = spec
        base = load_config(folder.base_config)
        self.records = TrialRecords(folder, spec)
        self._space, start = Space.of(spec), read_start(folder)
        has_several = has_several_programs(base, self._space)
        self._fitting = FittingPrograms(base, Feasibility.of(spec, base), has_several=has_several)
        self._fitting.exclude(*unfit_programs(self.records))
        self._study = SweepStudy(spec, base, self.records, feasibility=self._fitting, start=start)
        self._factory = TrialFactory(folder, spec, base, self.records, feasibility=self._fitting)
        self._closer = TrialCloser(folder, spec, self.records, self._study)
        self._closer.keep_states(sources)
        self._given = given_trials(start, self._space)
        self._requested = RequestedTrials(folder, self.records)
        self._latencies = Latencies(folder, spec)
        self._running: set[str] = set()
        self._lookahead = num_workers if has_several else 0
        self._queue = TrialQueue(patience=PATIENCE * num_workers)
        for trial_id in reconcile(self.records, self._closer):
            self._queue.add(trial_id, self.program(trial_id))

    def next_trial(self, *, held: Collection[str] = (), elsewhere: Collection[str] = ()) -> str | None:
        """Return the id of a trial to run, new or left from an earlier process; None where all are handed out.

        A suggestion that the config refuses is recorded as failed, one whose program ran out of memory since it
        was made as infeasible, and one that equals an earlier trial gets its results. All count as trials; none
        is run.

        Args:
            held: The programs that the worker holds which is to run the trial.
            elsewhere: The programs that other workers hold.
        """
        steered = {"held": held, "elsewhere": elsewhere} if self._lookahead else {"held": (), "elsewhere": ()}
        while True:
            while len(self._queue) <= self._lookahead and self._create_next():
                pass
            if not len(self._queue):
                return None
            trial_id = self._queue.take(**steered)
            if not self._is_unfit(trial_id):
                self.mark_running(trial_id)
                return trial_id
            self._closer.close_unfit(trial_id)

    def _is_unfit(self, trial_id: str) -> bool:
        """Return whether a trial that was suggested and has not run needs a program that does not fit."""
        status = self.records[trial_id].status
        is_new = status.origin is Origin.SAMPLED and not status.attempts
        return is_new and status.compile_key in self._fitting.excluded

    def copy(self, order: CopyOrder) -> str | None:
        """Make the copy of a trial and return its id; None where the state of its source is gone.

        A copy whose config is refused is recorded as failed, and not run.
        """
        trial_id = self._factory.copy(order, self._study.next_number)
        if trial_id is None:
            logger.warning("trial %s is not replaced: trial %s has no state", order.member, order.source)
            return None
        self._study.add(self.records[trial_id])
        if self.records[trial_id].state is TrialState.FAILED:
            self._closer.settle(trial_id)
            return None
        return trial_id

    def confirm(self, source: str | None, seed: int, fold: Fold | None = None) -> str:
        """Make the trial that trains a trial's config again with this seed, in a fold or not; return its id.

        `source` is None for the base config. The trial is not queued: it is no part of the search.
        """
        trial_id = self._factory.confirm(source, seed, self._study.next_number, fold)
        self._study.add(self.records[trial_id])
        return trial_id

    def keep_states(self, sources: Collection[str]) -> None:
        """Keep the saved states of the trials that are still to be copied, though these have ended."""
        self._closer.keep_states(sources)

    def mark_running(self, trial_id: str) -> None:
        """Record that a trial is handed out; its own process writes it to the trial's folder."""
        self._latencies.measure(trial_id, is_idle=not self._running)
        self._running.add(trial_id)
        self.records.update(trial_id, replace(self.records[trial_id].status, state=TrialState.RUNNING))

    def prepare_next(self) -> None:
        """Make the next trial while all workers are busy, where waiting would not improve it.

        That is under random search, whose suggestions know no results.
        """
        if not sampler_of(self._spec.sampler).uses_results and not len(self._queue):
            self._create_next()

    def program(self, trial_id: str) -> str | None:
        """Return the id of the program that a trial needs."""
        return self.records[trial_id].status.compile_key

    def record_evaluation(self, trial_id: str, evaluation: Evaluation) -> None:
        """Record an evaluation that a trial reported."""
        self.records.add_evaluation(trial_id, evaluation)
        self._study.update(self.records[trial_id])

    def close(self, trial_id: str, *, error: str | None = None, paused: bool = False) -> TrialStatus:
        """Close or pause a trial that is not run any more, and return its status; see `TrialCloser.close`."""
        self._running.discard(trial_id)
        return self._closer.close(trial_id, error=error, paused=paused)

    def out_of_memory(self, trial_id: str, reason: str) -> TrialStatus:
        """Record that a trial ran out of memory; see `TrialCloser.out_of_memory`.

        The program of an infeasible trial is not suggested any more, unless another trial finished with it.
        """
        status = self._closer.out_of_memory(trial_id, reason)
        self._fitting.exclude(*unfit_programs(self.records))
        return status

    def leave(self, trial_id: str) -> TrialStatus:
        """Leave a trial to be resumed; see `TrialCloser.leave`."""
        self._running.discard(trial_id)
        return self._closer.leave(trial_id)

    @property
    def effect_error(self) -> NoEffectError | None:
        """The error where settings of ended trials have not acted on their weights; see `EffectCheck`."""
        return self._closer.effects.error

    def check_effects(self) -> None:
        """Raise NoEffectError where settings of ended trials have not acted on their weights."""
        if self.effect_error is not None:
            raise self.effect_error

    def write_study(self) -> None:
        """Write the study's file and wait for it; a failure is logged."""
        self._study.flush()

    def write_study_in_background(self) -> None:
        """Write the study's file in a thread; a failure is logged."""
        self._study.write_in_background()

    def _create_next(self) -> bool:
        """Make one more trial and queue it where it is to be run; return False where all were made."""
        trial_id = self._create_requested() or self._create_planned()
        if trial_id is None:
            return False
        self._study.update(self.records[trial_id])
        status = self.records[trial_id].status
        if status.state is TrialState.FAILED:
            self._closer.settle(trial_id)
        elif status.duplicate_of is None:
            self._latencies.measure(trial_id, is_idle=not self._running)
            self._queue.add(trial_id, status.compile_key)
        elif self.records[status.duplicate_of].state.has_ended:
            self._closer.complete_duplicates(status.duplicate_of)
        return True

    def _create_requested(self) -> str | None:
        """Make the trial of the oldest request and return its id; None where none waits."""
        request = self._requested.next()
        if request is None:
            return None
        suggestion = self._study.give(point_edits(request.point, self._space))
        trial_id = self._factory.create(suggestion, Origin.POINT, request=request.id)
        self._requested.settle(request)
        return trial_id

    def _create_planned(self) -> str | None:
        """Make the next of the sweep's number of trials and return its id; None where all were made."""
        if self.records.population >= self._spec.trials:
            return None
        return self._factory.create(*self._next_suggestion())

    def _next_suggestion(self) -> tuple[Suggestion, Origin]:
        """Return the next trial's settings, and where they come from: the base, a given point, the sampler."""
        number = self.records.population
        if number >= len(self._given):
            self._fitting.check()
            return self._study.suggest(), Origin.SAMPLED
        given = self._given[number]
        return self._study.give(given.edits), given.origin
