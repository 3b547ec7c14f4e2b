"""Runs a sweep on Ray Tune from its folder to its report."""

import logging
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.backends import Backend, check_installed
from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.monitor.monitor import Listener, Watch
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.ray_backend.cluster import LOG_FORMAT, arrange_environment, concurrent_trials, ray_session
from sweepbox.tuning.ray_backend.interrupts import INTERRUPT, orderly_interrupts
from sweepbox.tuning.report.markdown import write_outcome
from sweepbox.tuning.search.endpoints import check_space
from sweepbox.tuning.spec.durations import parse_duration
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.manager import TrialBook
from sweepbox.tuning.sweep.state import SweepReader, SweepState

MAX_RETRIES = 2
"""How often a trial whose process died goes on from its saved state before it counts as failed."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """Where trials run: a cluster's address, or this machine with so many CPUs and GPUs (None: all)."""

    address: str | None = None
    cpus: int | None = None
    gpus: int | None = None


@dataclass(frozen=True)
class SweepOutcome:
    """How a sweep stands when its process ends; `stopped_by` says what ended it before its time."""

    state: SweepState
    stopped_by: str | None

    @property
    def interrupted(self) -> bool:
        """Tell whether a person or the system ended it."""
        return self.stopped_by == INTERRUPT


def run_sweep(
    folder: SweepFolder,
    *,
    place: Place | None = None,
    listener: Listener | None = None,
    notify: Callable[[str], None] = logger.info,
) -> SweepOutcome:
    """Run all trials that a sweep still has to run, write its results, and return how it stands.

    The listener is told about once a second. SweepError where another process runs the sweep, no trial fits
    into the machine, or all trials failed.
    """
    place = place or Place()
    if place.address is None:
        check_installed(Backend(load_spec(folder.spec).backend))
    arrange_environment(place.address)
    with folder.held(), _log_to(folder):
        folder.stop_request.unlink(missing_ok=True)
        spec = load_spec(folder.spec)
        logger.info("sweep %s begins", spec.name)
        try:
            if SweepReader(folder).read().ended < spec.trials:
                _run_on_ray(folder, spec, place, listener, notify)
            else:
                TrialBook(folder, spec)  # closes what a crash left open in the study
        finally:
            stopped_by = _take_stop_request(folder)
            shutil.rmtree(folder.ray, ignore_errors=True)
    state = SweepReader(folder).read()
    write_outcome(state)
    logger.info("sweep %s ends%s", spec.name, f" ({stopped_by})" if stopped_by else "")
    _check_any_succeeded(state)
    return SweepOutcome(state, stopped_by)


def _run_on_ray(
    folder: SweepFolder, spec: SweepSpec, place: Place, listener: Listener | None, notify: Callable[[str], None]
) -> None:
    """Start Ray or join it, and run the trials under the watch."""
    with ray_session(address=place.address, cpus=place.cpus, gpus=place.gpus) as cluster:
        concurrency = concurrent_trials(cluster, spec.resources_per_trial, limit=spec.max_concurrent)
        logger.info("%d trials at a time", concurrency)
        budget_s = None if spec.time_budget is None else parse_duration(spec.time_budget)
        watch = Watch(folder, listener=listener, concurrency=concurrency, time_budget_s=budget_s)
        with watch, orderly_interrupts(folder, notify):
            _run_trials(folder, spec, concurrency)


def _run_trials(folder: SweepFolder, spec: SweepSpec, concurrency: int) -> None:
    """Let Ray Tune run the trials of the book."""
    from ray import tune

    from sweepbox.tuning.ray_backend.callback import BookCallback
    from sweepbox.tuning.ray_backend.stopping import build_scheduler
    from sweepbox.tuning.ray_backend.trainable import TrialTrainable
    from sweepbox.tuning.ray_backend.trial_source import BookSearcher

    objective = Objective.of(spec.objective)
    longest = check_space(load_config(folder.base_config), spec)
    book = TrialBook(folder, spec, places=concurrency)
    searcher = BookSearcher(book, folder, spec, mode=str(objective.mode), max_concurrent=concurrency)
    earlier = SweepReader(folder).read().trials
    share = spec.resources_per_trial
    tuner = tune.Tuner(
        tune.with_resources(TrialTrainable, {"cpu": share.cpu, "gpu": share.gpu}),
        tune_config=tune.TuneConfig(
            search_alg=searcher,
            scheduler=build_scheduler(spec.scheduler, objective, longest=longest, earlier=earlier),
            num_samples=-1,
            reuse_actors=True,
        ),
        run_config=_run_config(folder, BookCallback(book, searcher)),
    )
    try:
        tuner.fit()
    finally:
        book.write_study()


def _run_config(folder: SweepFolder, callback: Any) -> Any:
    from ray import tune

    return tune.RunConfig(
        name=time.strftime("%Y%m%d-%H%M%S"),
        storage_path=str(folder.ray.resolve()),
        callbacks=[callback],
        failure_config=tune.FailureConfig(max_failures=MAX_RETRIES),
        checkpoint_config=tune.CheckpointConfig(num_to_keep=1, checkpoint_frequency=0, checkpoint_at_end=False),
        verbose=0,
        log_to_file=False,
    )


@contextmanager
def _log_to(folder: SweepFolder) -> Iterator[None]:
    """Write what the sweep and Ray log to the folder's log.txt, what Ray logs nowhere else."""
    import ray  # noqa: F401 - sets its logger up, which is replaced here

    handler = logging.FileHandler(folder.log, encoding="utf-8")
    handler.setFormatter(logging.Formatter(LOG_FORMAT))
    loggers = {logging.getLogger("sweepbox"): logging.INFO, logging.getLogger("ray"): logging.ERROR}
    before = {logger: (logger.level, list(logger.handlers)) for logger in loggers}
    for logger, level in loggers.items():
        logger.setLevel(level)
        logger.handlers = [handler]
    try:
        yield
    finally:
        for logger, (level, handlers) in before.items():
            logger.setLevel(level)
            logger.handlers = handlers
        handler.close()


def _take_stop_request(folder: SweepFolder) -> str | None:
    """Return what asked the sweep to stop, and take the request back."""
    if not folder.stop_request.exists():
        return None
    reason = folder.stop_request.read_text().strip() or "stop file"
    folder.stop_request.unlink()
    return reason


def _check_any_succeeded(state: SweepState) -> None:
    if state.trials and state.count(TrialState.FAILED) == len(state.trials):
        first = state.trials[0].status.error
        raise SweepError(f"{state.folder.path}: all {len(state.trials)} trials failed, the first with: {first}")
