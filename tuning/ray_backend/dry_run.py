"""The dry run of a sweep: every check, a warm-up of its programs on the cluster, and a forecast."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.backends import Backend, check_installed
from sweepbox.detection.data.cache.open import CACHE_FOLDER
from sweepbox.tuning.budget.rehearsal import SweepForecast, WarmUp, forecast_sweep
from sweepbox.tuning.ray_backend.cluster import (
    RayConnection,
    arrange_environment,
    ray_session,
)
from sweepbox.tuning.ray_backend.launch import RayConfig
from sweepbox.tuning.ray_backend.packing import measured_share
from sweepbox.tuning.ray_backend.places import concurrent_trials
from sweepbox.tuning.ray_backend.warm_ups import Share, warm_up_program
from sweepbox.tuning.search.endpoints import max_evaluations
from sweepbox.tuning.search.programs import sample_programs
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.durations import parse_duration
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.dataset import Progress
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.sweep.create import SweepRequest
from sweepbox.tuning.sweep.rehearsal import rehearsed_sweep

MOST_PROGRAMS = 3
MOST_COPIES = 8
"""The most trials that are warmed up at a time."""


@dataclass(frozen=True)
class DryRun:
    """What a dry run has found.

    Attributes:
        spec: The sweep, all decisions made.
        programs: The warm-up of each timed program, by its name.
        other_programs: How many further programs the space has at least.
        copies: How many trials ran at a time in the warm-up.
        steps: The steps of a full trial, and in `evaluations` its evaluations.
        forecast: What the sweep is expected to take.
        data_bytes: The records that the sweep prepares itself, and the decoded images that are not there yet.
    """

    spec: SweepSpec
    programs: dict[str, WarmUp]
    other_programs: int
    copies: int
    steps: int
    evaluations: int
    forecast: SweepForecast
    data_bytes: int


def dry_run(
    request: SweepRequest,
    *,
    ray_config: RayConfig | None = None,
    on_progress: Progress | None = None,
    notify: Callable[[str], None],
) -> DryRun:
    """Check a sweep as a real one is, time its programs for a short while, and leave nothing behind.

    Raises:
        SweepError: The sweep is refused, no trial fits into the machine, or a warm-up fails.
        ConfigError: The config is malformed or not supported.
        DataError: The data cannot be used.
    """
    config = ray_config or RayConfig()
    if config.address is None:
        check_installed(Backend(request.load().backend))
    arrange_environment(config.address)
    with (
        rehearsed_sweep(request, on_progress=on_progress, notify=notify) as folder,
        ray_session(address=config.address, cpus=config.cpus, gpus=config.gpus) as connection,
    ):
        return _rehearse(folder, connection, notify)


def _rehearse(folder: SweepFolder, connection: RayConnection, notify: Callable[[str], None]) -> DryRun:
    spec, base = load_spec(folder.spec), load_config(folder.base_config)
    programs = sample_programs(base, Space.of(spec))
    measured: dict[str, WarmUp] = {}
    if spec.resources_per_trial.auto:
        spec, measured = measured_share(folder, spec, connection, notify=notify)
    num_workers = concurrent_trials(connection.nodes, spec.resources_per_trial, limit=spec.max_concurrent)
    copies = 1 if measured else min(num_workers, spec.trials, MOST_COPIES)
    for program in () if measured else programs[:MOST_PROGRAMS]:
        notify(f"warm-up: {program.name}, {copies} at a time")
        share = Share.of(spec.resources_per_trial)
        warm_ups = warm_up_program(folder, program, connection, share=share, copies=copies)
        measured[program.name] = WarmUp.mean(warm_ups)
    steps, evaluations = base.train_config.num_steps, max_evaluations(base, spec)
    forecast = forecast_sweep(
        spec,
        list(measured.values()),
        num_workers=num_workers,
        steps=steps,
        evaluations=evaluations,
        time_budget_s=None if spec.time_budget is None else parse_duration(spec.time_budget),
    )
    return DryRun(
        spec,
        measured,
        other_programs=len(programs) - len(measured),
        copies=copies,
        steps=steps,
        evaluations=evaluations,
        forecast=forecast,
        data_bytes=_bytes_below(folder.data) + _bytes_below(folder.path / CACHE_FOLDER),
    )


def _bytes_below(folder: Path) -> int:
    """Return the size of all files below a folder; 0 where it is not there."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
