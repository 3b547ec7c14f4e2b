"""The driver's book of trials: proposes each one once, closes each one once, keeps the best checkpoints.

It stands between the study (what was proposed) and the trials' folders (what happened); the folders are the
truth, so that a sweep whose processes were killed goes on from them.
"""

import shutil
import time
from collections.abc import Collection, Sequence
from dataclasses import replace

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.difference import config_difference, fingerprint
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.load import load_config, save_config
from sweepbox.detection.config.support import check_supported
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.core.files import atomic_directory
from sweepbox.detection.training.compile_key import CompileKey
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.objective.ranking import trials_to_drop
from sweepbox.tuning.search.programs import has_several_programs
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import Scalar, SweepSpec
from sweepbox.tuning.spec.steps import evaluations_of
from sweepbox.tuning.storage.folder import SweepFolder, TrialFolder
from sweepbox.tuning.storage.trial_record import (
    TrialState,
    TrialStatus,
    end_trial,
    read_evaluations,
    read_status,
    write_changes,
    write_evaluations,
    write_status,
)
from sweepbox.tuning.sweep.queue import WaitingTrials
from sweepbox.tuning.sweep.study import SweepStudy
from sweepbox.tuning.sweep.trial_index import TrialIndex
from sweepbox.tuning.trial.best_evaluation import best_evaluation

PATIENCE = 4
"""How often, for each trial that runs at a time, a waiting trial is passed over for one of a better program."""


class TrialBook:
    """All trials of a sweep, as the process that runs it sees them.

    Where the space has static parameters, trials are proposed ahead, as many as run at a time, so that a place
    can be given one whose program it holds. Such a proposal knows the results of at most
    `(1 + PATIENCE) * places` trials less than one made when its trial starts. Where all trials share a program,
    none is made ahead.
    """

    def __init__(self, folder: SweepFolder, spec: SweepSpec, *, places: int = 1) -> None:
        """Open the book and bring study and folders in step after whatever ended the last process.

        `places` is how many trials run at a time.
        """
        self._folder = folder
        self._spec = spec
        self._objective = Objective.of(spec.objective)
        self._base = load_config(folder.base_config)
        self._study = SweepStudy(folder, spec)
        self._index = TrialIndex.of(folder, self._objective)
        self._lookahead = places if has_several_programs(self._base, Space.of(spec)) else 0
        self._waiting = WaitingTrials(patience=PATIENCE * places)
        for trial_id in self._reconcile():
            self._waiting.add(trial_id, self._index[trial_id].program)
        self.write_study()

    def next_trial(self, *, held: Collection[str] = (), elsewhere: Collection[str] = ()) -> str | None:
        """Return the id of a trial to run, new or left over from before; None where all are given out.

        The place that is to run it holds the programs `held`, other places hold those `elsewhere`. A proposal
        that the config refuses is recorded as failed; one that equals an earlier trial takes over its results.
        Both count as trials, neither is run.
        """
        while len(self._waiting) <= self._lookahead and self._propose():
            pass
        if not len(self._waiting):
            return None
        if not self._lookahead:
            return self._waiting.take(held=(), elsewhere=())
        return self._waiting.take(held=held, elsewhere=elsewhere)

    def prepare(self) -> None:
        """Use the time while all places are busy: make the next trial ready where waiting would not better it.

        That is under random search, whose proposals know no results.
        """
        if self._spec.searcher.type == "random" and not len(self._waiting):
            self._propose()

    def _propose(self) -> bool:
        """Ask for one more trial, which waits where it is to be run; return False where all were asked for."""
        if len(self._index) >= self._spec.trials:
            return False
        trial = self._create(*self._study.ask())
        if self._starts(trial):
            self._waiting.add(trial.id, self._index[trial.id].program)
        return True

    def program(self, trial_id: str) -> str | None:
        """Return the program that a trial needs."""
        return self._index[trial_id].program

    def write_study(self) -> None:
        """Bring the study's file in step; what a crash keeps from it is made up for from the folders."""
        self._study.write()

    def write_study_behind(self) -> None:
        """Have a thread bring the study's file in step; raises what kept it from that the last time."""
        self._study.write_behind()

    def record_evaluation(self, trial_id: str) -> None:
        """Pass a trial's new evaluations on to the study."""
        self._study.report(int(trial_id), read_evaluations(self._folder.trial(trial_id)))

    def close(self, trial_id: str, *, error: str | None = None) -> TrialStatus:
        """Close a trial that Ray runs no more, and return its status.

        The trial itself wrote whether it finished, failed or was interrupted; one that still says running was
        stopped early, or died of `error`.
        """
        trial = self._folder.trial(trial_id)
        status = read_status(trial)
        if error is not None:
            status = end_trial(trial, TrialState.FAILED, error=status.error or error)
        elif not status.state.has_ended and status.state is not TrialState.INTERRUPTED:
            status = end_trial(trial, TrialState.STOPPED_EARLY)
        if status.state.has_ended:
            self._settle(trial, status)
        else:
            self._index.update(trial_id, status)
        return status

    def _settle(self, trial: TrialFolder, status: TrialStatus) -> None:
        """Tell the study of an ended trial, complete its duplicates, and free the disk."""
        evaluations = read_evaluations(trial)
        self._index.update(trial.id, status)
        self._study.report(int(trial.id), evaluations)
        self._study.tell(int(trial.id), status.state, best_evaluation(trial.id, evaluations, self._objective))
        shutil.rmtree(trial.last, ignore_errors=True)
        self._complete_duplicates(trial, status)
        if trial.best.is_dir():
            self._index.keep_best(trial.id)
            self._prune()

    def _create(self, number: int, edits: Sequence[Edit], parameters: dict[str, Scalar]) -> TrialFolder:
        """Write a new trial's folder: config, changes, status."""
        trial = self._folder.trial(f"{number:04d}")
        config, error = self._base, None
        try:
            config = apply_edits(self._base, edits)
            check_supported(config)
        except ConfigError as problem:
            error = str(problem)
        with atomic_directory(trial.path) as path:
            draft = TrialFolder(path)
            save_config(config, draft.config)
            write_changes(draft, config_difference(self._base, config))
            status = self._new_status(config, parameters, error)
            write_status(draft, status)
        self._index.add(trial.id, status)
        self._study.describe(number, _facts(trial.id, status))
        return trial

    def _new_status(
        self, config: pb.TrainEvalPipelineConfig, parameters: dict[str, Scalar], error: str | None
    ) -> TrialStatus:
        """Return the status of a new trial; `config` is the base where `error` refuses its own."""
        mark = fingerprint(config)
        status = TrialStatus(
            state=TrialState.PENDING,
            seed=self._spec.seed,
            fingerprint=mark,
            total_steps=config.train_config.num_steps,
            total_evaluations=evaluations_of(config, self._spec.training),
            parameters=parameters,
            program=CompileKey.of(config).id,
        )
        if error is not None:
            return replace(status, state=TrialState.FAILED, error=error, ended=time.time())
        return replace(status, duplicate_of=self._index.original(mark, self._spec.seed))

    def _starts(self, trial: TrialFolder) -> bool:
        """Tell whether a new trial is to be run; settle it where it is not and can be."""
        status = self._index[trial.id]
        if status.state is TrialState.FAILED:
            self._settle(trial, status)
        elif status.duplicate_of is not None:
            original = self._index[status.duplicate_of]
            if original.state.has_ended:
                self._complete_duplicates(self._folder.trial(status.duplicate_of), original)
        else:
            return True
        return False

    def _complete_duplicates(self, original: TrialFolder, ended: TrialStatus) -> None:
        """Give the results of an ended trial to the trials that equal it."""
        for name in self._index.waiting_duplicates(original.id):
            folder = self._folder.trial(name)
            write_evaluations(folder, read_evaluations(original))
            status = read_status(folder)
            status = replace(status, state=ended.state, error=ended.error, step=ended.step, ended=time.time())
            write_status(folder, status)
            self._settle(folder, status)

    def _prune(self) -> None:
        """Remove the checkpoints of ended trials that are not among the sweep's best."""
        for name in trials_to_drop(self._index.kept, self._objective, keep=self._spec.keep_checkpoints):
            if not self._index[name].state.has_ended:
                continue
            shutil.rmtree(self._folder.trial(name).best)
            self._index.drop_best(name)

    def _reconcile(self) -> list[str]:
        """Bring study and folders in step; return the ids of the trials that are to go on."""
        for name in self._index.ids:
            if int(name) >= len(self._study):
                self._study.restore(int(name), self._index[name].parameters)
                self._study.describe(int(name), _facts(name, self._index[name]))
        for number in self._study.unfinished():
            trial = self._folder.trial(f"{number:04d}")
            if trial.status.is_file():
                continue
            proposal = self._study.repeat(number)
            if proposal is None:
                self._study.tell(number, TrialState.FAILED, None)
            else:
                self._starts(self._create(number, *proposal))
        unfinished = set(self._study.unfinished())
        for name in self._index.ids:
            status = self._index[name]
            if status.state.has_ended and int(name) in unfinished:
                self._settle(self._folder.trial(name), status)
        waiting = [name for name in self._index.ids if _is_to_run(self._index[name])]
        return sorted(waiting, key=int)


def _facts(trial_id: str, status: TrialStatus) -> dict[str, str]:
    """Return what the study says of a trial from its beginning."""
    return {"trial": trial_id, "fingerprint": status.fingerprint}


def _is_to_run(status: TrialStatus) -> bool:
    return not status.state.has_ended and status.duplicate_of is None
