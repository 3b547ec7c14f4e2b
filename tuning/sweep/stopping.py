"""The stopping rule of a sweep: rebuilt from its records, and in force while its trials run."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from sweepbox.detection.config.load import load_config
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.schedule.replay import TrialHistory, replay
from sweepbox.tuning.schedule.rule import Action, Plan, Report
from sweepbox.tuning.schedule.runner import RuleRunner
from sweepbox.tuning.schedule.table import build_rule, orders_copies
from sweepbox.tuning.search.endpoints import max_evaluations
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder, TrialFolder
from sweepbox.tuning.storage.trial_record import (
    Evaluation,
    Origin,
    TrialState,
    TrialStatus,
    end_trial,
    read_status,
    write_status,
)
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.trial_result import TrialResult


class ScheduledTrials:
    """The manager's trials under the sweep's stopping rule, which also orders copies of trials."""

    def __init__(self, manager: TrialManager, runner: RuleRunner) -> None:
        self.manager = manager
        self._runner = runner

    def next_trial(self, *, held: Collection[str] = (), elsewhere: Collection[str] = ()) -> str | None:
        """Return the id of a trial to run; None where none can start before another one reports or ends.

        Args:
            held: The programs that the worker holds which is to run the trial.
            elsewhere: The programs that other workers hold.
        """
        trial_id = self._runner.next_trial(
            lambda: self.manager.next_trial(held=held, elsewhere=elsewhere), self.manager.copy
        )
        self._close_stopped()
        self._keep_states()
        if trial_id is not None:
            self.manager.mark_running(trial_id)
            if self.manager.records[trial_id].status.origin is Origin.BASE:
                self._runner.protect(trial_id)
        return trial_id

    def prepare_next(self) -> None:
        """Make the next trial while all workers are busy; see `TrialManager.prepare_next`."""
        self.manager.prepare_next()

    def report(self, trial_id: str, evaluation: Evaluation) -> Action:
        """Return whether a trial that was evaluated continues, pauses or stops; an evaluation counts once."""
        action = self._runner.report(report_of(trial_id, evaluation, self.manager.records.objective))
        self._close_stopped()
        self._keep_states()
        return action

    def close(self, trial_id: str, *, error: str | None = None) -> TrialStatus:
        """Close or pause a trial that is not run any more, and return its status."""
        status = self.manager.close(trial_id, error=error, paused=self._runner.waits(trial_id))
        if status.state.has_ended:
            self._runner.end(trial_id)
        else:
            self._runner.release(trial_id)
        self._close_stopped()
        return status

    def leave(self, trial_id: str) -> TrialStatus:
        """Leave a trial that is not run any more to be resumed, and return its status."""
        status = self.manager.leave(trial_id)
        self._runner.release(trial_id)
        return status

    def _close_stopped(self) -> None:
        """Close the paused trials that the rule has stopped."""
        for trial_id in self._runner.take_stopped():
            self.manager.close(trial_id)
            self._runner.end(trial_id)

    def _keep_states(self) -> None:
        """Keep the saved states from which copies are still to be made."""
        self.manager.keep_states(sources_of(self._runner))


def sources_of(runner: RuleRunner) -> frozenset[str]:
    """Return the trials of which copies are still to be made."""
    return frozenset(order.source for order in runner.orders)


def pending_sources(folder: SweepFolder, spec: SweepSpec, trials: Iterable[TrialResult]) -> frozenset[str]:
    """Return the trials of which the last process of a sweep left copies to be made."""
    if not orders_copies(spec.scheduler):
        return frozenset()
    return sources_of(restore_rule(folder, spec, trials))


def restore_rule(folder: SweepFolder, spec: SweepSpec, trials: Iterable[TrialResult]) -> RuleRunner:
    """Return the sweep's stopping rule as it follows from the records of its trials.

    What the rule decided on a report that the last process did not live to act on is recorded now: such a
    trial is paused or stopped. This is done before a `TrialManager` reads the records.
    """
    trials = [trial for trial in trials if not trial.status.is_confirmation]
    recorded = [trial.status.total_evaluations for trial in trials]
    longest = max((max_evaluations(load_config(folder.base_config), spec), *recorded))
    protected = frozenset(trial.id for trial in trials if trial.status.origin is Origin.BASE)
    plan = Plan(spec.trials, max_evaluations=longest, seed=spec.seed, protected=protected)
    runner = RuleRunner(build_rule(spec.scheduler, plan))
    objective = Objective.of(spec.objective)
    replay(runner, [_history(trial, objective) for trial in trials if trial.status.duplicate_of is None])
    for trial_id, action in runner.standings.items():
        _record(folder.trial(trial_id), action)
        if action is Action.STOP:
            runner.end(trial_id)
    return runner


def report_of(trial_id: str, evaluation: Evaluation, objective: Objective) -> Report:
    """Return what a stopping rule learns of an evaluation."""
    merit = objective.merit(evaluation.metrics)
    score, *more = merit.scores
    return Report(trial_id, evaluation.evaluation, score, tuple(more), merit.violations)


def _history(trial: TrialResult, objective: Objective) -> TrialHistory:
    reports = tuple((item.time, report_of(trial.id, item, objective)) for item in trial.evaluations)
    last = reports[-1][0] if reports else None
    by_request = trial.status.stopped_by_request
    ended = {TrialState.FINISHED: last, TrialState.FAILED: trial.status.ended or last}
    return TrialHistory(
        trial.id,
        reports,
        started=trial.status.started,
        ended=trial.status.ended if by_request else ended.get(trial.state),
        stopped=trial.state is TrialState.STOPPED_EARLY and not by_request,
        replaces=trial.status.replaces,
    )


def _record(trial: TrialFolder, action: Action) -> None:
    """Write the state of a trial that has reported and has not ended, where it differs."""
    status = read_status(trial)
    if action is Action.STOP:
        end_trial(trial, TrialState.STOPPED_EARLY)
    elif action is Action.CONTINUE and status.state is TrialState.PAUSED:
        write_status(trial, replace(status, state=TrialState.INTERRUPTED))
    elif action is not Action.CONTINUE and status.state is not TrialState.PAUSED:
        write_status(trial, replace(status, state=TrialState.PAUSED))
