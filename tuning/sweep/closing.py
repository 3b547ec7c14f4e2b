"""Closing trials: each is recorded once, its duplicates get its results, and disk space is freed."""

import shutil
import time
from collections.abc import Collection, Sequence
from dataclasses import replace

from sweepbox.tuning.objective.ranking import Candidate, by_first_goal, trials_to_drop
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import (
    Origin,
    TrialState,
    TrialStatus,
    end_trial,
    read_status,
    write_evaluations,
    write_status,
)
from sweepbox.tuning.sweep.effect_check import EffectCheck
from sweepbox.tuning.sweep.records import TrialRecords
from sweepbox.tuning.sweep.study import SweepStudy

MEMORY = "memory"
"""What an infeasible trial has too little of."""
MOST_OUT_OF_MEMORY = 1
"""How often a trial that ran out of memory is tried again."""


class TrialCloser:
    """Closes trials in the records, in their folders and in the study.

    Attributes:
        effects: Compares the weights of the trials that have ended.
    """

    def __init__(self, folder: SweepFolder, spec: SweepSpec, records: TrialRecords, study: SweepStudy) -> None:
        self._folder = folder
        self._keep_checkpoints = spec.keep_checkpoints
        self._confirm = spec.confirm
        self._records = records
        self._study = study
        self._sources: frozenset[str] = frozenset()
        self.effects = EffectCheck(folder, spec)

    def close(self, trial_id: str, *, error: str | None = None, paused: bool = False) -> TrialStatus:
        """Close a trial that is not run any more, and return its status.

        The trial itself wrote whether it finished, failed or was interrupted. One that did not was stopped
        early, is `paused`, or died of `error`.
        """
        trial = self._folder.trial(trial_id)
        status = read_status(trial)
        if error is not None:
            status = end_trial(trial, TrialState.FAILED, error=status.error or error)
        elif not status.state.has_ended and status.state is not TrialState.INTERRUPTED:
            if paused:
                status = replace(status, state=TrialState.PAUSED)
                write_status(trial, status)
            else:
                status = end_trial(trial, TrialState.STOPPED_EARLY)
        self._records.update(trial_id, status)
        self._records.reload_evaluations(trial_id)  # a process may die after writing one, before reporting it
        if status.state.has_ended:
            self.settle(trial_id)
        return status

    def out_of_memory(self, trial_id: str, reason: str) -> TrialStatus:
        """Record that a trial ran out of memory, and return its status; after the second time it is infeasible.

        The first time it can be resumed, alone; an infeasible one is still to be closed.
        """
        trial = self._folder.trial(trial_id)
        status = read_status(trial)
        count = status.out_of_memory + 1
        is_infeasible = count > MOST_OUT_OF_MEMORY
        status = replace(
            status,
            state=TrialState.INTERRUPTED,
            out_of_memory=count,
            infeasible=MEMORY if is_infeasible else None,
            error=f"infeasible: {MEMORY}: {reason}" if is_infeasible else f"out of memory: {reason}",
            is_compiling=False,
        )
        write_status(trial, status)
        self._records.update(trial_id, status)
        return status

    def close_unfit(self, trial_id: str) -> TrialStatus:
        """Close a trial that is not run because its program ran out of memory in another one."""
        trial = self._folder.trial(trial_id)
        write_status(trial, replace(read_status(trial), infeasible=MEMORY))
        return self.close(trial_id, error=f"infeasible: {MEMORY}: another trial of its program ran out of it")

    def leave(self, trial_id: str) -> TrialStatus:
        """Leave a trial to be resumed, and return its status; its folder may be out of reach."""
        status = replace(self._records[trial_id].status, state=TrialState.INTERRUPTED)
        self._records.update(trial_id, status)
        return status

    def keep_states(self, sources: Collection[str]) -> None:
        """Keep the saved states of these trials when they end, and drop those of others that have ended."""
        dropped = self._sources.difference(sources)
        self._sources = frozenset(sources)
        for trial_id in dropped:
            if self._records[trial_id].state.has_ended:
                shutil.rmtree(self._folder.trial(trial_id).last, ignore_errors=True)

    def settle(self, trial_id: str) -> None:
        """Pass an ended trial's results on to the study and its duplicates, and free the disk."""
        trial, folder = self._records[trial_id], self._folder.trial(trial_id)
        self.effects.add(trial)
        self._study.update(trial)
        folder.stop_request.unlink(missing_ok=True)
        if trial_id not in self._sources:
            shutil.rmtree(folder.last, ignore_errors=True)
        self.complete_duplicates(trial_id)
        if folder.best.is_dir():
            self._records.keep_checkpoint(trial_id)
            self._prune_checkpoints()

    def complete_duplicates(self, trial_id: str) -> None:
        """Give the results of an ended trial to the trials that equal it and wait for them."""
        original = self._records[trial_id]
        for name in self._records.waiting_duplicates(trial_id):
            folder = self._folder.trial(name)
            write_evaluations(folder, original.evaluations)
            status = replace(
                self._records[name].status,
                state=original.state,
                error=original.status.error,
                infeasible=original.status.infeasible,
                step=original.status.step,
                weights_fingerprint=original.status.weights_fingerprint,
                ended=time.time(),
            )
            write_status(folder, status)
            self._records.update(name, status)
            self._records.reload_evaluations(name)
            self.settle(name)

    def _is_confirmation(self, trial_id: str) -> bool:
        return self._records[trial_id].status.is_confirmation

    def _possible_finalists(self, searched: Sequence[Candidate]) -> set[str]:
        """Return the trials that a confirmation of the winner may still need: the best so far and the base."""
        if self._confirm is None:
            return set()
        best = by_first_goal(searched, self._records.objective)[: self._confirm.top]
        bases = [item.trial for item in searched if self._records[item.trial].status.origin is Origin.BASE]
        return {*(item.trial for item in best), *bases}

    def _prune_checkpoints(self) -> None:
        """Remove the checkpoints of ended trials that are not among the sweep's best."""
        searched = [item for item in self._records.kept if not self._is_confirmation(item.trial)]
        dropped = trials_to_drop(searched, self._records.objective, keep=self._keep_checkpoints)
        finalists = self._possible_finalists(searched)
        for name in dropped:
            if self._records[name].state.has_ended and name not in finalists:
                shutil.rmtree(self._folder.trial(name).best, ignore_errors=True)
                self._records.drop_checkpoint(name)
