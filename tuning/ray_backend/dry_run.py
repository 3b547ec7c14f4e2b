"""The dry run of a sweep: every check, a warm-up of its programs on the cluster, and a forecast."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sweepbox.detection.config.load import load_config, save_config
from sweepbox.detection.core.backends import Backend, check_installed
from sweepbox.detection.core.errors import SweepboxError, SweepError
from sweepbox.detection.data.cache.open import CACHE_FOLDER
from sweepbox.tuning.budget.rehearsal import SweepForecast, WarmUp, forecast_sweep
from sweepbox.tuning.ray_backend.cluster import (
    RayConnection,
    arrange_environment,
    ray_session,
)
from sweepbox.tuning.ray_backend.launch import RayConfig
from sweepbox.tuning.ray_backend.places import concurrent_trials
from sweepbox.tuning.ray_backend.worker_path import drop_driver_folders
from sweepbox.tuning.search.endpoints import max_evaluations
from sweepbox.tuning.search.programs import sample_programs
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.durations import parse_duration
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.dataset import Progress, open_sweep_data
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.remote.driver import driver_of
from sweepbox.tuning.storage.remote.node import NodeOrder, NodeSweep
from sweepbox.tuning.sweep.create import SweepRequest
from sweepbox.tuning.sweep.rehearsal import rehearsed_sweep
from sweepbox.tuning.trial.process import prepare_process
from sweepbox.tuning.trial.settings import run_settings

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
    num_workers = concurrent_trials(connection.nodes, spec.resources_per_trial, limit=spec.max_concurrent)
    copies = min(num_workers, spec.trials, MOST_COPIES)
    programs = sample_programs(base, Space.of(spec))
    measured = {}
    for program in programs[:MOST_PROGRAMS]:
        notify(f"warm-up: {program.name}, {copies} at a time")
        path = folder.path / "program.config"
        save_config(program.config, path)
        measured[program.name] = WarmUp.mean(_warm_up(folder, path, spec, copies, connection))
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


def _warm_up(
    folder: SweepFolder, config: Path, spec: SweepSpec, copies: int, connection: RayConnection
) -> Sequence[WarmUp]:
    """Return the warm-ups of a program in several processes at a time; SweepError where one fails."""
    import ray

    share, store = spec.resources_per_trial, driver_of(folder)
    remote = ray.remote(num_cpus=share.cpu, num_gpus=share.gpu, max_calls=1, max_retries=0)(_in_process)

    def run() -> list[Any]:
        place = str(folder.path.resolve()) if store is None else store.order()
        tasks = [remote.remote(place, config.name, copy) for copy in range(copies)]
        try:
            return list(ray.get(tasks))
        except ray.exceptions.RayError as error:
            last = [line.strip() for line in str(error).splitlines() if line.strip()][-1:]
            raise SweepError(f"the warm-up failed: {''.join(last) or 'its process died'}") from error

    results = connection.thread.call(run, check=connection.watch.check)
    for result in results:
        if isinstance(result, str):
            raise SweepError(f"the warm-up failed: {result}")
    return results


def _in_process(sweep: str | NodeOrder, config_name: str, copy: int) -> WarmUp | str:
    """Warm a program up in a process of its own; return the message of an error of ours."""
    drop_driver_folders()
    folder = SweepFolder(Path(sweep)) if isinstance(sweep, str) else NodeSweep(sweep).fetch_own()
    spec = load_spec(folder.spec)
    share = spec.resources_per_trial
    prepare_process(cpus=share.cpu, gpus=share.gpu, backend=Backend(spec.backend))
    from sweepbox.tuning.trial.warm_up import warm_up

    trial = folder.trial(f"warm-up-{copy}")
    trial.path.mkdir(parents=True)
    try:
        dataset = open_sweep_data(folder, spec)
        config = load_config(folder.path / config_name)
        settings = run_settings(folder, trial, spec, config, dataset, seed=spec.seed)
        if not (dataset.directory / CACHE_FOLDER).is_dir():
            settings = replace(settings, cache_directory=folder.path / CACHE_FOLDER)
        return warm_up(settings)
    except SweepboxError as error:
        return str(error)
    finally:
        shutil.rmtree(trial.path, ignore_errors=True)
