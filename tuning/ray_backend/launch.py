"""Runs a sweep on Ray Tune from its folder to its report."""

import logging
import shutil
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sweepbox.detection.core.backends import Backend, check_installed
from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.core.versions import package_versions
from sweepbox.tuning.monitor.monitor import Listener, SweepMonitor
from sweepbox.tuning.ray_backend.after_search import finish_winner
from sweepbox.tuning.ray_backend.cluster import (
    RayConnection,
    arrange_environment,
    ray_session,
)
from sweepbox.tuning.ray_backend.cluster_check import check_nodes
from sweepbox.tuning.ray_backend.halt import Halt
from sweepbox.tuning.ray_backend.interrupts import INTERRUPT, orderly_interrupts
from sweepbox.tuning.ray_backend.packing import with_measured_share
from sweepbox.tuning.ray_backend.places import concurrent_trials, whole_machine
from sweepbox.tuning.ray_backend.sweep_log import log_to
from sweepbox.tuning.ray_backend.temporary_folder import empty_folder
from sweepbox.tuning.ray_backend.watch import RayWatch
from sweepbox.tuning.report.markdown import write_outcome
from sweepbox.tuning.spec.durations import parse_duration
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.metadata import begin_session, end_session
from sweepbox.tuning.storage.remote.driver import driver_of
from sweepbox.tuning.storage.requests import read_requests
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.clean import remove_remains
from sweepbox.tuning.sweep.logged_end import tell_end
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import read_sweep
from sweepbox.tuning.sweep.readiness import check_ready
from sweepbox.tuning.sweep.running import RunnableTrials
from sweepbox.tuning.sweep.spending import amount_reached, limit_reached, reason_to_end_search
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.sweep.steer import end_requested_trials
from sweepbox.tuning.sweep.stopping import ScheduledTrials, pending_sources, restore_rule, sources_of
from sweepbox.tuning.trial.provenance import PACKAGES

Result = TypeVar("Result")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RayConfig:
    """The Ray cluster that trials run on.

    Attributes:
        address: The address of a running cluster, or `auto`; None starts Ray on this machine.
        cpus: The CPUs to use of this machine; None for all.
        gpus: The GPUs to use of this machine; None for all.

    Example:
        >>> config = sb.RayConfig(cpus=2)
        >>> sb.Sweep.open("runs/tiny").resume(ray_config=config).state.ended
        2
    """

    address: str | None = None
    cpus: int | None = None
    gpus: int | None = None


@dataclass(frozen=True)
class SweepOutcome:
    """The state of a sweep when its process ends; `stopped_by` names what stopped it early."""

    state: SweepState
    stopped_by: str | None

    @property
    def interrupted(self) -> bool:
        """Whether a person or the system stopped it."""
        return self.stopped_by == INTERRUPT


def run_sweep(
    folder: SweepFolder,
    *,
    ray_config: RayConfig | None = None,
    listener: Listener | None = None,
    notify: Callable[[str], None] = logger.info,
    is_held: bool = False,
) -> SweepOutcome:
    """Run the remaining trials of a sweep, write its results, and return its state.

    Args:
        folder: The sweep's folder.
        ray_config: The Ray cluster to run on; by default a Ray on this machine, for this sweep alone.
        listener: Receives the state about once a second.
        notify: Receives lines for the user.
        is_held: Whether the caller holds the folder already.

    Raises:
        SweepError: Another process runs the sweep, no trial fits into the machine, or all trials failed.
        NoEffectError: Trials with different training settings came to equal weights.
        UnavailableError: A cause outside the trials stopped the sweep, which can be resumed.
    """
    config = ray_config or RayConfig()
    if config.address is None:
        check_installed(Backend(load_spec(folder.spec).backend))
    arrange_environment(config.address)
    halt = Halt(folder)
    if (store := driver_of(folder)) is not None:
        store.lost = halt.stop
    with nullcontext() if is_held else folder.held(), halt.raised():
        with log_to(folder):
            stopped_by = _run_remaining(folder, config, listener, notify, halt)
        if halt.cause is None:
            state = read_sweep(folder, is_running=False)
            write_outcome(state)
            if stopped_by != INTERRUPT:
                tell_end(read_sweep(folder, is_running=False), notify)
    _check_any_succeeded(state)
    return SweepOutcome(state, stopped_by)


def _run_remaining(
    folder: SweepFolder,
    config: RayConfig,
    listener: Listener | None,
    notify: Callable[[str], None],
    halt: Halt,
) -> str | None:
    """Run the trials that are left, and return what asked the sweep to stop early."""
    folder.stop_request.unlink(missing_ok=True)
    spec = load_spec(folder.spec)
    logger.info("sweep %s begins", spec.name)
    for line in begin_session(folder, package_versions(PACKAGES)):
        logger.warning(line)
        notify(f"warning: {line}")
    try:
        remove_remains(folder)
        end_requested_trials(folder)
        before = read_sweep(folder)
        sources = pending_sources(folder, spec, before.trials)
        work = _work_left(before, is_open=bool(sources or read_requests(folder)))
        if work.is_left and work.reached is None:
            check_ready(folder, spec)
            _run_on_ray(before, work, config, listener, notify=notify, halt=halt)
        else:
            manager = TrialManager(folder, spec, sources=sources)  # closes what a crash left open
            manager.write_study()
            manager.check_effects()
        if work.reached is not None and not folder.stop_request.exists():
            folder.request_stop(work.reached)
    finally:
        stopped_by = _take_stop_request(folder)
        end_session(folder, stopped_by)
        shutil.rmtree(folder.ray, ignore_errors=True)
        logger.info("sweep %s ends%s", spec.name, f" ({stopped_by})" if stopped_by else "")
    return stopped_by


@dataclass(frozen=True)
class _Work:
    """What a sweep has to do.

    Attributes:
        search: Whether trials of the search are left.
        confirmation: Whether the winner is to be confirmed after that.
        reached: The limit that keeps it from doing so, or that has ended the search, in words; None for none.
    """

    search: bool
    confirmation: bool
    reached: str | None

    @property
    def is_left(self) -> bool:
        """Whether there is anything to do."""
        return self.search or self.confirmation


def _work_left(before: SweepState, *, is_open: bool) -> _Work:
    """Return what is left to do; `is_open` says that the search has more to do than its planned trials.

    A search that gains too little is over, and its winner is confirmed; the other limits end both.
    """
    search = is_open or not before.is_searched
    confirmation = before.spec.confirm is not None and (search or not before.is_confirmed)
    amount, over = amount_reached(before), reason_to_end_search(before)
    if amount is not None:
        return _Work(search, confirmation, amount if search or confirmation else None)
    if search and over is not None:
        return _Work(search=False, confirmation=confirmation, reached=None if confirmation else over)
    return _Work(search, confirmation, None)


def _run_on_ray(
    before: SweepState,
    work: _Work,
    config: RayConfig,
    listener: Listener | None,
    *,
    notify: Callable[[str], None],
    halt: Halt,
) -> None:
    """Start Ray or join it, and run the trials under the monitor; `before` is the sweep until now."""
    folder, spec = before.folder, before.spec
    with (
        empty_folder() as storage,
        orderly_interrupts(folder, notify),
        ray_session(address=config.address, cpus=config.cpus, gpus=config.gpus) as connection,
    ):
        if config.address is not None:
            check = partial(check_nodes, folder, spec, notify=notify)
            connection.thread.call(check, check=connection.watch.check)
        spec = with_measured_share(folder, spec, connection, notify=notify)
        num_workers = concurrent_trials(connection.nodes, spec.resources_per_trial, limit=spec.max_concurrent)
        logger.info("%d trials at a time", num_workers)
        rule = restore_rule(folder, spec, before.trials)
        manager = TrialManager(folder, spec, num_workers=num_workers, sources=sources_of(rule))
        manager.check_effects()
        phase = _Phase(folder)
        monitor = SweepMonitor(
            folder,
            manager.records.snapshot,
            listener=listener,
            num_workers=num_workers,
            time_budget_s=None if spec.time_budget is None else parse_duration(spec.time_budget),
            limit=phase.limit_reached,
        )
        workers = _Workers(folder, spec, num_workers, connection, halt, storage)
        with monitor:
            try:
                if work.search:
                    workers.run(ScheduledTrials(manager, rule))
                    manager.check_effects()
                confirm = spec.confirm if work.confirmation else None
                if confirm is not None:
                    phase.end_search()
                finish_winner(
                    manager, confirm, run_trials=workers.run, call=workers.call, num_workers=num_workers
                )
            finally:
                manager.write_study()
            manager.check_effects()


class _Phase:
    """Whether a sweep searches or confirms its winner, which decides what ends it."""

    def __init__(self, folder: SweepFolder) -> None:
        self._folder = folder
        self._is_search = True

    def limit_reached(self, state: SweepState) -> str | None:
        """Return the limit that ends the sweep now; the rule on too little gain ends the search alone."""
        return limit_reached(state) if self._is_search else amount_reached(state)

    def end_search(self) -> None:
        """Go on after the search, also where the rule on too little gain has ended it."""
        self._is_search = False
        reason = self._folder.stop_reason()
        if reason is not None and reason == reason_to_end_search(read_sweep(self._folder)):
            self._folder.stop_request.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Workers:
    """Ray's workers, by the thread that makes the calls of Ray.

    What Ray writes itself goes to `storage`: it would make the sweep's folder anew where that is away.
    """

    folder: SweepFolder
    spec: SweepSpec
    number: int
    connection: RayConnection
    halt: Halt
    storage: Path

    def run(self, trials: RunnableTrials) -> None:
        """Run trials until none is left or the sweep is asked to stop."""
        watch = self.connection.watch
        self.call(
            lambda: _run_trials(
                self.folder,
                self.spec,
                trials,
                num_workers=self.number,
                watch=watch,
                halt=self.halt,
                storage=self.storage,
                alone=whole_machine(self.connection.nodes, self.spec.resources_per_trial),
            )
        )

    def call(self, work: Callable[[], Result]) -> Result:
        """Return what `work` returns; RayDeathError where Ray dies meanwhile."""
        return self.connection.thread.call(work, check=self.connection.watch.check)


def _run_trials(
    folder: SweepFolder,
    spec: SweepSpec,
    trials: RunnableTrials,
    *,
    num_workers: int,
    watch: RayWatch,
    halt: Halt,
    storage: Path,
    alone: dict[str, float],
) -> None:
    """Let Ray Tune run the trials; `alone` is what one takes that has run out of memory."""
    from ray import tune

    from sweepbox.tuning.ray_backend.callback import ManagerCallback
    from sweepbox.tuning.ray_backend.credentials import propagate_no_credentials
    from sweepbox.tuning.ray_backend.hang_watch import HangWatch
    from sweepbox.tuning.ray_backend.machines import Machines
    from sweepbox.tuning.ray_backend.stopping import RuleScheduler
    from sweepbox.tuning.ray_backend.trainable import RESOURCES_KEY, TrialTrainable
    from sweepbox.tuning.ray_backend.trial_source import TrialSource

    propagate_no_credentials()
    mode = str(trials.manager.records.objective.mode)
    source = TrialSource(trials, folder, spec, mode=mode, max_concurrent=num_workers, alone=alone)
    machines = Machines()
    callback = ManagerCallback(
        trials,
        source,
        watch=watch,
        halt=halt,
        check_ready=lambda: check_ready(folder, spec),
        machines=machines,
        hangs=HangWatch.of(folder, spec, machines),
        store=driver_of(folder),
    )
    tuner = tune.Tuner(
        tune.with_resources(
            TrialTrainable, lambda config: tune.PlacementGroupFactory([dict(config[RESOURCES_KEY])])
        ),
        tune_config=tune.TuneConfig(
            search_alg=source,
            scheduler=RuleScheduler(trials),
            num_samples=-1,
            reuse_actors=True,
        ),
        run_config=_run_config(storage, callback),
    )
    tuner.fit()


def _run_config(storage: Path, callback: Any) -> Any:
    from ray import tune

    return tune.RunConfig(
        name=time.strftime("%Y%m%d-%H%M%S"),
        storage_path=str(storage),
        callbacks=[callback],
        failure_config=tune.FailureConfig(max_failures=0),
        checkpoint_config=tune.CheckpointConfig(num_to_keep=1, checkpoint_frequency=0, checkpoint_at_end=False),
        verbose=0,
        log_to_file=False,
    )


def _take_stop_request(folder: SweepFolder) -> str | None:
    """Return what asked the sweep to stop, and take the request back."""
    reason = folder.stop_reason()
    folder.stop_request.unlink(missing_ok=True)
    return reason


def _check_any_succeeded(state: SweepState) -> None:
    if state.trials and state.count(TrialState.FAILED) == len(state.trials):
        first = state.trials[0].status.error
        raise SweepError(f"{state.folder.path}: all {len(state.trials)} trials failed, the first with: {first}")
