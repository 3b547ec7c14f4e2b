"""Warm-ups of programs on Ray, each in a process of its own: frameworks do not give memory back."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sweepbox.detection.config.load import load_config, save_config
from sweepbox.detection.core.backends import Backend
from sweepbox.detection.core.errors import SweepboxError, SweepError
from sweepbox.detection.data.cache.open import CACHE_FOLDER
from sweepbox.detection.training.compile_key import CompileKey
from sweepbox.tuning.budget.rehearsal import WarmUp
from sweepbox.tuning.ray_backend.cluster import RayConnection
from sweepbox.tuning.ray_backend.worker_path import drop_driver_folders
from sweepbox.tuning.search.programs import SampledProgram
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.spec.resources import Resources
from sweepbox.tuning.storage.dataset import open_sweep_data
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.memory_record import MemoryRecord, ProgramMemory
from sweepbox.tuning.storage.remote.driver import driver_of
from sweepbox.tuning.storage.remote.node import NodeOrder, NodeSweep
from sweepbox.tuning.trial.out_of_memory import memory_cause
from sweepbox.tuning.trial.process import prepare_process
from sweepbox.tuning.trial.settings import run_settings

PROGRAM_CONFIG = "program.config"


class WarmUpMemoryError(SweepError):
    """A warm-up ran out of memory."""


@dataclass(frozen=True)
class Share:
    """What a warm-up takes: what Ray reserves, and the CPUs and GPUs that its process may use."""

    reserved: dict[str, float]
    cpus: float
    gpus: float

    @classmethod
    def of(cls, share: Resources) -> "Share":
        """Return the share of a trial."""
        return cls(share.for_ray, share.cpu, share.gpu)


def warm_up_program(
    folder: SweepFolder, program: SampledProgram, connection: RayConnection, *, share: Share, copies: int = 1
) -> Sequence[WarmUp]:
    """Return the warm-ups of a program in several processes at a time.

    Raises:
        WarmUpMemoryError: One ran out of memory.
        SweepError: One failed.
    """
    import ray

    path = folder.path / PROGRAM_CONFIG
    save_config(program.config, path)
    options = {"num_cpus": share.reserved.get("CPU", 0), "num_gpus": share.reserved.get("GPU", 0)}
    options |= {"memory": share.reserved["memory"]} if "memory" in share.reserved else {}
    remote = ray.remote(**options, max_calls=1, max_retries=0)(_in_process)

    store = driver_of(folder)

    def run() -> list[Any]:
        place = str(folder.path.resolve()) if store is None else store.order()
        tasks = [remote.remote(place, copy, share.cpus, share.gpus) for copy in range(copies)]
        try:
            return list(ray.get(tasks))
        except ray.exceptions.OutOfMemoryError as error:
            raise WarmUpMemoryError("Ray ended the process because its machine ran out of memory") from error
        except ray.exceptions.RayError as error:
            last = [line.strip() for line in str(error).splitlines() if line.strip()][-1:]
            raise SweepError(f"the warm-up failed: {''.join(last) or 'its process died'}") from error

    try:
        results = connection.thread.call(run, check=connection.watch.check)
    finally:
        path.unlink(missing_ok=True)
    for result in results:
        if isinstance(result, WarmUpMemoryError):
            raise result
        if isinstance(result, str):
            raise SweepError(f"the warm-up failed: {result}")
    return results


def measure_memory(
    folder: SweepFolder,
    programs: Sequence[SampledProgram],
    connection: RayConnection,
    *,
    share: Share,
    notify: Callable[[str], None],
) -> tuple[MemoryRecord, dict[str, WarmUp]]:
    """Warm programs up, one after the other and each alone, and return what they take, by name.

    Raises:
        SweepError: None fits into memory, or a warm-up failed for another reason.
    """
    measured: dict[str, WarmUp] = {}
    found: list[ProgramMemory] = []
    for program in programs:
        notify(f"measuring the memory of a trial: {program.name}")
        key = CompileKey.of(program.config).id
        try:
            [warm_up] = warm_up_program(folder, program, connection, share=share)
        except WarmUpMemoryError as error:
            found.append(ProgramMemory(key, program.name, error=str(error)))
            continue
        memory = warm_up.memory
        if memory is not None:
            found.append(ProgramMemory(key, program.name, memory.device_bytes, memory.host_bytes))
            measured[program.name] = warm_up
    peaks = [warm_up.memory for warm_up in measured.values() if warm_up.memory is not None]
    if not peaks:
        raise SweepError(
            f"resources_per_trial: no program of the space fits into memory ({found[0].error}); set a smaller "
            "batch or image size"
        )
    return MemoryRecord(peaks[0].on_gpu, peaks[0].device_total, tuple(found)), measured


def _in_process(
    sweep: str | NodeOrder, copy: int, cpus: float, gpus: float
) -> WarmUp | str | WarmUpMemoryError:
    """Warm a program up in a process of its own; return an error of ours or on memory."""
    drop_driver_folders()
    folder = SweepFolder(Path(sweep)) if isinstance(sweep, str) else NodeSweep(sweep).fetch_own()
    spec = load_spec(folder.spec)
    prepare_process(cpus=cpus, gpus=gpus, backend=Backend(spec.backend))
    from sweepbox.tuning.trial.warm_up import warm_up

    trial = folder.trial(f"warm-up-{copy}")
    trial.path.mkdir(parents=True)
    try:
        dataset = open_sweep_data(folder, spec)
        config = load_config(folder.path / PROGRAM_CONFIG)
        settings = run_settings(folder, trial, spec, config, dataset, seed=spec.seed)
        if not (dataset.directory / CACHE_FOLDER).is_dir():
            settings = replace(settings, cache_directory=folder.path / CACHE_FOLDER)
        return warm_up(settings)
    except Exception as error:
        if (memory := memory_cause(error)) is not None:
            return WarmUpMemoryError(memory)
        if isinstance(error, SweepboxError):
            return str(error)
        raise
    finally:
        shutil.rmtree(trial.path, ignore_errors=True)
