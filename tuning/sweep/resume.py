"""Resuming a sweep: the folder fixes what is searched; the request may change limits and resources."""

from pathlib import Path

from sweepbox.detection.config.difference import config_difference
from sweepbox.detection.config.reading import keeps_own_pyramid
from sweepbox.detection.core.errors import ConfigError, SweepError
from sweepbox.tuning.budget.limits import check_limits
from sweepbox.tuning.loggers.table import check_loggers
from sweepbox.tuning.schedule.table import with_rule_options
from sweepbox.tuning.search.data_fit import without_choices
from sweepbox.tuning.search.samplers.table import AUTO, with_all_options
from sweepbox.tuning.spec.file import load_spec, save_spec
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.dataset import open_unchanged_data
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.opening import open_sweep
from sweepbox.tuning.storage.pruned_file import read_pruned
from sweepbox.tuning.storage.trial_record import read_status
from sweepbox.tuning.sweep.create import SweepRequest, base_config_of
from sweepbox.tuning.sweep.divisions import divide_images
from sweepbox.tuning.sweep.readiness import load_base
from sweepbox.tuning.sweep.sampler_choice import fix_sampler

ROOM = (
    "trials",
    "time_budget",
    "gpu_hours",
    "cost",
    "stop",
    "confirm",
    "resources_per_trial",
    "max_concurrent",
    "hang_timeout",
    "compile_timeout",
    "keep_checkpoints",
    "loggers",
    "log_images",
)
"""What of a sweep file may change between a sweep and its resumption."""

SEARCH = (
    "name",
    "set",
    "space",
    "augmentations",
    "objective",
    "sampler",
    "scheduler",
    "seed",
    "training",
    "backend",
)
"""What of a sweep file must not change: earlier trials would not compare with later ones."""


def resume_sweep(request: SweepRequest) -> SweepFolder:
    """Return the sweep to resume, with its spec updated by the request.

    SweepError where there is no sweep, or the sweep file or its base config now ask for another search.
    """
    given = _with_all_options(request.load(), request.source)
    check_limits(given)
    check_loggers(given.loggers, log_images=given.log_images)
    folder = open_sweep(request.folder(given).path)
    stored = _with_all_options(load_spec(folder.spec), str(folder.spec))
    given = without_choices(given, read_pruned(folder))
    if given.sampler.type == AUTO:
        given = given.model_copy(update={"sampler": stored.sampler})
    changed = [name for name in SEARCH if getattr(given, name) != getattr(stored, name)]
    changed += _base_changes(given, folder, request.source)
    if changed:
        raise SweepError(
            f"{request.source}: asks for another search than {folder.path} ({', '.join(changed)}); resume "
            f"with {folder.spec}, or choose another --out"
        )
    population = sum(read_status(trial).is_planned for trial in folder.trial_folders())
    if given.trials < population and request.trials is not None:
        raise SweepError(f"--trials {request.trials}: the sweep has {population} trials; give at least that")
    updated, _ = fix_sampler(stored.model_copy(update={name: getattr(given, name) for name in ROOM}))
    if updated.confirm is not None and updated.confirm.folds is not None:
        divide_images(folder, updated, open_unchanged_data(folder, updated))
    save_spec(updated, folder.spec)
    return folder


def _with_all_options(spec: SweepSpec, source: str) -> SweepSpec:
    """Return a spec with all options of sampler and stopping rule, so that two that mean the same are equal."""
    try:
        options = {
            "sampler": with_all_options(spec.sampler),
            "scheduler": with_rule_options(spec.scheduler),
        }
        return spec.model_copy(update=options)
    except SweepError as error:
        raise SweepError("\n".join(f"{source}: {line}" for line in str(error).splitlines())) from error


def _base_changes(given: SweepSpec, folder: SweepFolder, source: str) -> list[str]:
    """Return what the sweep file's base config, where it is still there, changes of the sweep's."""
    stored = load_base(folder)
    if not Path(given.base_config).is_file():
        return []
    try:
        base = base_config_of(
            given, num_classes=stored.model.ssd.num_classes, all_fields_count=keeps_own_pyramid(stored)
        )
    except (ConfigError, SweepError) as error:
        raise SweepError(f"{source}: {error}") from error
    return [f"base_config: {change.path}" for change in config_difference(stored, base)]
