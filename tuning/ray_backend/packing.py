"""`resources_per_trial: auto`: measures what trials take on the cluster, and fixes their share."""

import logging
from collections.abc import Callable

from sweepbox.detection.config.load import load_config
from sweepbox.detection.training.compile_key import CompileKey
from sweepbox.tuning.budget.rehearsal import WarmUp
from sweepbox.tuning.ray_backend.cluster import RayConnection
from sweepbox.tuning.ray_backend.places import whole_machine
from sweepbox.tuning.ray_backend.warm_ups import Share, measure_memory
from sweepbox.tuning.search.programs import sample_programs
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.file import save_spec
from sweepbox.tuning.spec.resources import Resources
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.memory_record import MemoryRecord, read_memory, write_memory
from sweepbox.tuning.sweep.packing import share_of, share_text

logger = logging.getLogger(__name__)


def with_measured_share(
    folder: SweepFolder, spec: SweepSpec, connection: RayConnection, *, notify: Callable[[str], None]
) -> SweepSpec:
    """Return a sweep with the share of its trials, also written to its folder; see `measured_share`."""
    if not spec.resources_per_trial.auto:
        return spec
    fixed, _ = measured_share(folder, spec, connection, notify=notify)
    save_spec(fixed, folder.spec)
    return fixed


def measured_share(
    folder: SweepFolder, spec: SweepSpec, connection: RayConnection, *, notify: Callable[[str], None]
) -> tuple[SweepSpec, dict[str, WarmUp]]:
    """Return a sweep with the share of its trials, and the warm-ups that were made for it, by program.

    Each program is measured once for a sweep, in `memory.json`; the share also follows from the machines, and
    is set anew by each process of the sweep. Programs are those of `sample_programs`.

    Raises:
        SweepError: No program fits into memory, or a warm-up failed for another reason.
    """
    uses_gpu = any(node.get("GPU", 0) >= 1 for node in connection.nodes)
    programs = sample_programs(load_config(folder.base_config), Space.of(spec))
    record = read_memory(folder)
    if record is not None and record.on_gpu and not uses_gpu:
        record = None  # it was measured on other machines
    known = set() if record is None else {item.program for item in record.programs}
    missing = [program for program in programs if CompileKey.of(program.config).id not in known]
    measured: dict[str, WarmUp] = {}
    if missing:
        alone = whole_machine(connection.nodes, Resources(gpu=1 if uses_gpu else 0, memory="1MB"))
        cpus = alone.get("CPU", 1) if uses_gpu else 1
        share = Share(alone, cpus=cpus, gpus=alone.get("GPU", 0))
        found, measured = measure_memory(folder, missing, connection, share=share, notify=notify)
        before = () if record is None else record.programs
        record = MemoryRecord(found.on_gpu, found.device_total, (*before, *found.programs))
        write_memory(folder, record)
    if record is None:
        raise ValueError("a space has one program at least")
    resources = share_of(record, connection.nodes, limit=spec.max_concurrent)
    line = share_text(record, resources)
    logger.info("share of a trial: %s", line)
    notify(f"share of a trial: {line}")
    return spec.model_copy(update={"resources_per_trial": resources}), measured
