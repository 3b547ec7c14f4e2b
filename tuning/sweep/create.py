"""Creating a sweep: everything is checked first, then its folder appears complete."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sweepbox.detection.checkpoint.source import KERAS_WEIGHTS, initial_source
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import Edit
from sweepbox.detection.config.label_map import save_label_map
from sweepbox.detection.config.load import load_config, save_config
from sweepbox.detection.config.reading import ReadConfig, read_with_edits
from sweepbox.detection.config.support import check_supported
from sweepbox.detection.core.errors import ConfigError, ModelError, SweepError
from sweepbox.detection.core.files import sha256_of
from sweepbox.detection.core.labels import LabelMap
from sweepbox.detection.core.metric_names import metric_sets, reported_names
from sweepbox.detection.core.problems import raise_together
from sweepbox.detection.core.remote.location import Location
from sweepbox.detection.core.remote.uri import is_uri
from sweepbox.detection.data.dataset.prepare import PreparedDataset, open_dataset
from sweepbox.detection.data.dataset.prepared import is_prepared
from sweepbox.detection.data.dataset.remote import local_data
from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes, boxes_of_records
from sweepbox.tuning.budget.limits import check_limits
from sweepbox.tuning.loggers.table import check_loggers
from sweepbox.tuning.objective.goal import COSTS
from sweepbox.tuning.objective.objective import Objective, check_metrics
from sweepbox.tuning.schedule.table import orders_copies, with_rule_options
from sweepbox.tuning.search.copies import check_copies
from sweepbox.tuning.search.data_fit import unfit_choices, without_choices
from sweepbox.tuning.search.endpoints import check_space
from sweepbox.tuning.search.memory import check_memory_of_space
from sweepbox.tuning.search.presets import Expansion, with_preset
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.confirm import ConfirmSpec
from sweepbox.tuning.spec.durations import parse_duration
from sweepbox.tuning.spec.file import load_spec, save_spec
from sweepbox.tuning.spec.limits import CostSpec
from sweepbox.tuning.spec.schema import PrepareSpec, SweepSpec
from sweepbox.tuning.storage.claim import check_free, claimed, draft_of
from sweepbox.tuning.storage.dataset import (
    Progress,
    check_data,
    dropped_boxes,
    prepare_annotated,
)
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.metadata import SweepMetadata, write_metadata
from sweepbox.tuning.storage.pruned_file import write_pruned
from sweepbox.tuning.storage.remote.place import Role, place_at
from sweepbox.tuning.storage.start_file import write_start
from sweepbox.tuning.sweep.divisions import divide_images
from sweepbox.tuning.sweep.kept_spec import kept_spec
from sweepbox.tuning.sweep.sampler_choice import fix_sampler
from sweepbox.tuning.sweep.start_from import start_of

logger = logging.getLogger(__name__)

DEFAULT_PARENT = Path("runs")
MOST_IMAGES = 5000
"""Of larger data sets the first images of each part tell which choices can match the data."""


@dataclass(frozen=True)
class SweepRequest:
    """A request for a sweep: a sweep file or spec, and values that override it.

    Attributes:
        spec: The sweep file, or a spec whose relative paths start at the working directory.
        data: The folder of annotated photographs or prepared records, or the URI of such records, instead of
            the spec's.
        out: The sweep's folder or its URI; None for `runs/NAME`.
        trials: The number of trials, instead of the spec's.
        time_budget: The time for the sweep, instead of the spec's.
        gpu_hours: The most GPU-hours, instead of the spec's.
        cost_limit: The most money, instead of the spec's; SweepError where the spec has no price.
        confirm: How the winner is confirmed, instead of the spec's.
        test_fraction: The fraction of photographs for the test part, instead of the spec's.
        log_images: How many validation images each evaluation logs, instead of the spec's.
        runs_here: Whether the trials run on this machine, so that they must fit into its memory.
    """

    spec: SweepSpec | Path
    data: Path | str | None = None
    out: Path | str | None = None
    trials: int | None = None
    time_budget: str | None = None
    gpu_hours: float | None = None
    cost_limit: float | None = None
    confirm: ConfirmSpec | None = None
    test_fraction: float | None = None
    log_images: int | None = None
    runs_here: bool = True

    def load(self) -> SweepSpec:
        """Return the spec with the overrides applied and absolute paths."""
        spec = load_spec(self.spec) if isinstance(self.spec, Path) else self.spec
        home = self.spec.resolve().parent if isinstance(self.spec, Path) else Path.cwd()
        weights = spec.initial_weights
        overrides = {
            "trials": self.trials,
            "time_budget": self.time_budget,
            "gpu_hours": self.gpu_hours,
            "cost": self._cost(spec),
            "confirm": self.confirm,
            "prepare": self._prepare(spec),
            "log_images": self.log_images,
        }
        paths = {
            "base_config": _absolute(home, spec.base_config),
            "data": _absolute(home, spec.data) if self.data is None else _resolved(self.data),
            "initial_weights": weights if weights == KERAS_WEIGHTS else _absolute(home, weights),
            "start_from": [_absolute(home, path) for path in spec.start_from],
        }
        given = {key: value for key, value in {**overrides, **paths}.items() if value is not None}
        if self.time_budget is not None:
            parse_duration(self.time_budget)
        return _with_preset(spec.model_copy(update=given)).spec

    def _prepare(self, spec: SweepSpec) -> PrepareSpec | None:
        """Return how photographs are split, None where the request leaves it to the spec."""
        if self.test_fraction is None:
            return None
        fractions = {
            "validation_fraction": spec.prepare.validation_fraction,
            "test_fraction": self.test_fraction,
        }
        return PrepareSpec(**fractions, seed=spec.prepare.seed)

    def _cost(self, spec: SweepSpec) -> CostSpec | None:
        """Return the spec's price with the limit that overrides its own."""
        if self.cost_limit is None:
            return spec.cost
        if spec.cost is None:
            raise SweepError(
                f"{self.source}: --cost-limit {self.cost_limit:g} needs the price of a GPU-hour; add "
                "`cost: {per_gpu_hour: …}`"
            )
        return spec.cost.model_copy(update={"limit": self.cost_limit})

    @property
    def source(self) -> str:
        """The name of the spec in messages."""
        return str(self.spec) if isinstance(self.spec, Path) else f"sweep {self.spec.name!r}"

    def folder(self, spec: SweepSpec) -> SweepFolder:
        """Return the folder of the sweep, existing or not; of one on a URI, that of its driver."""
        if self.uri is not None:
            return SweepFolder(place_at(Location(self.uri), Role.DRIVER).folder)
        return SweepFolder(Path(self.out or DEFAULT_PARENT / spec.name))

    @property
    def uri(self) -> str | None:
        """The URI that the sweep goes to; None for a folder."""
        return self.out if isinstance(self.out, str) and is_uri(self.out) else None


def _with_preset(spec: SweepSpec) -> Expansion:
    """Return the spec with its preset's entries, or as it is where the checks will refuse the base config."""
    if spec.preset is None or not Path(spec.base_config).is_file():
        return Expansion(spec)
    try:
        return with_preset(spec, base_config_of(spec))
    except (ConfigError, OSError):
        return Expansion(spec)


def read_base(spec: SweepSpec, *, num_classes: int | None = None, all_fields_count: bool = False) -> ReadConfig:
    """Return the config that all trials start from: the file's, with the data's classes, steps and `set`.

    `all_fields_count` is that of `read_with_edits`.
    """
    config = load_config(Path(spec.base_config))
    edits = [] if num_classes is None else [Edit("model.ssd.num_classes", num_classes)]
    if spec.training.steps is not None:
        edits.append(Edit("num_steps", spec.training.steps))
    try:
        edits += [Edit(path, value) for path, value in spec.set.items()]
        return read_with_edits(config, edits, all_fields_count=all_fields_count)
    except ConfigError as error:
        raise ConfigError(f"set: {error}") from error


def base_config_of(
    spec: SweepSpec, *, num_classes: int | None = None, all_fields_count: bool = False
) -> pb.TrainEvalPipelineConfig:
    """Return the config of `read_base`."""
    return read_base(spec, num_classes=num_classes, all_fields_count=all_fields_count).config


def check_request(request: SweepRequest) -> SweepSpec:
    """Run all checks that need no preparation of data, and return the spec; SweepError lists all problems."""
    spec = request.load()
    _check(spec, request)
    return spec


def _check(spec: SweepSpec, request: SweepRequest) -> None:
    _raise_together(_early_checks(spec, runs_here=request.runs_here), source=request.source)


def create_sweep(
    request: SweepRequest,
    *,
    on_progress: Progress | None = None,
    notify: Callable[[str], None] = logger.info,
) -> SweepFolder:
    """Create a sweep and return its folder; see `new_sweep`."""
    with new_sweep(request, on_progress=on_progress, notify=notify) as folder:
        return folder


@contextmanager
def new_sweep(
    request: SweepRequest,
    *,
    on_progress: Progress | None = None,
    notify: Callable[[str], None] = logger.info,
) -> Iterator[SweepFolder]:
    """Check a sweep, prepare its data where that is not done, write its folder, and hold it in the block.

    `notify` receives a line for each decision that the sweep file leaves open, for each thing of the base
    config that is not read as it is written, and for objects of the data that are dropped.

    Raises:
        SweepError: The folder is taken, another process makes a sweep there, or the sweep file does not fit the
            config or the data.
        ConfigError: The config is malformed or not supported.
    """
    spec = request.load()
    folder = request.folder(spec)
    check_free(folder)
    _check(spec, request)
    base = read_base(spec)
    for note in _notes(spec, base):
        notify(note)
    with claimed(folder):
        with draft_of(folder) as draft:
            dataset = _dataset(draft, spec, on_progress=on_progress)
            unfit = unfit_choices(
                base.config, spec, lambda: boxes_of_records(dataset.directory, most_images=MOST_IMAGES)
            )
            spec, decisions = fix_sampler(without_choices(spec, unfit))
            begin = start_of(spec, base.config)
            divide_images(draft, spec, dataset)
            write_pruned(draft, unfit)
            write_start(draft, begin.start)
            _write(draft, folder, spec, dataset, source=request.source)
        for line in (
            *map(str, unfit),
            *begin.lines,
            *decisions,
            *dataset.notes,
            *dropped_boxes(dataset, folder),
        ):
            notify(line)
        yield folder


def _notes(spec: SweepSpec, base: ReadConfig) -> Iterator[str]:
    """Yield a line for each thing of the base config and the preset that is not used as it is."""
    yield from (f"{spec.base_config}: {note}" for note in base.notes)
    yield from with_preset(spec, base.config).left_out


def _dataset(draft: SweepFolder, spec: SweepSpec, *, on_progress: Progress | None) -> PreparedDataset:
    """Return the data of a new sweep; photographs are prepared into its folder."""
    data = local_data(str(spec.data))
    if is_prepared(data):
        return open_dataset(data)
    return prepare_annotated(data, draft.data, spec.prepare, on_progress=on_progress)


def _boxes_of(dataset: PreparedDataset) -> AnnotatedBoxes:
    return boxes_of_records(dataset.directory, most_images=MOST_IMAGES)


def _write(
    draft: SweepFolder, folder: SweepFolder, spec: SweepSpec, dataset: PreparedDataset, *, source: str
) -> None:
    """Write the files of a new sweep into `draft`, which becomes `folder`."""
    labels = dataset.label_map
    base = base_config_of(spec, num_classes=labels.num_classes)
    _raise_together(
        [
            lambda: check_metrics(Objective.of(spec.objective), _reported(base, labels)),
            lambda: check_supported(base),
        ],
        source=source,
    )
    _make_absolute(base.train_config)
    save_config(base, draft.base_config)
    save_label_map(labels, draft.label_map)
    draft.trials.mkdir()
    kept = (draft.base_config, draft.label_map, draft.start)
    hashes = {path.name: sha256_of(path) for path in kept if path.is_file()}
    write_metadata(draft, SweepMetadata(data_sha256=dataset.content_sha256(), files_sha256=hashes))
    save_spec(kept_spec(spec, folder, prepared_here=draft.data.is_dir()), draft.spec)


def _reported(base: pb.TrainEvalPipelineConfig, labels: LabelMap) -> tuple[str, ...]:
    """Return the names of the metrics that the trials' evaluations report, with the costs of detectors."""
    return (*reported_names(labels.names, metric_sets(base.eval_config.metrics_set)), *COSTS)


def _make_absolute(train_config: pb.TrainConfig) -> None:
    """Make the path of the initial checkpoint absolute, since trials have other working folders."""
    if train_config.fine_tune_checkpoint:
        train_config.fine_tune_checkpoint = str(_absolute(Path.cwd(), train_config.fine_tune_checkpoint))


def _absolute(home: Path, path: str | Path | None) -> str | None:
    """Return a path as an absolute one; a URI stays as it is."""
    if path is None or is_uri(str(path)):
        return None if path is None else str(path)
    return os.path.normpath(home / path)


def _resolved(data: Path | str) -> str:
    return str(data) if is_uri(str(data)) else str(Path(data).resolve())


def _early_checks(spec: SweepSpec, *, runs_here: bool) -> Iterable[Callable[[], object]]:
    """Return the checks that need no data preparation."""
    yield lambda: check_data(None if spec.data is None else str(spec.data))
    yield lambda: _check_weights(spec.initial_weights)
    yield lambda: fix_sampler(spec)
    yield lambda: with_rule_options(spec.scheduler)
    yield lambda: check_limits(spec)
    yield lambda: check_loggers(spec.loggers, log_images=spec.log_images)
    yield lambda: _check_base(spec, runs_here=runs_here)


def _check_weights(weights: str | Path | None) -> None:
    try:
        initial_source(pb.TrainEvalPipelineConfig(), None if weights is None else str(weights))
    except ModelError as error:
        raise SweepError(
            f"initial_weights: {error}; give a file of weights, a checkpoint, {KERAS_WEIGHTS!r} or nothing"
        ) from None


def _check_base(spec: SweepSpec, *, runs_here: bool) -> None:
    if not Path(spec.base_config).is_file():
        raise SweepError(
            f"base_config: {spec.base_config} is not there; correct the path, which is relative to the sweep "
            "file, or to the working directory where the spec is an object"
        )
    base = base_config_of(spec)
    raise_together(_base_checks(base, spec, runs_here=runs_here), kind=ConfigError)


def _base_checks(
    base: pb.TrainEvalPipelineConfig, spec: SweepSpec, *, runs_here: bool
) -> Iterable[Callable[[], object]]:
    """Return the checks of a base config that can be read."""
    yield lambda: check_supported(base)
    yield lambda: _check_length(base)
    yield lambda: check_space(base, spec)
    if orders_copies(spec.scheduler):
        yield lambda: check_copies(base, spec)
    yield lambda: start_of(spec, base)
    if runs_here:
        yield lambda: check_memory_of_space(base, Space.of(spec))
    if spec.initial_weights is None:
        yield lambda: initial_source(base, None)


def _check_length(base: pb.TrainEvalPipelineConfig) -> None:
    if base.train_config.num_steps < 1:
        raise SweepError("training.steps: is not given and the base config has no num_steps; give one of them")


def _raise_together(checks: Iterable[Callable[[], object]], *, source: str) -> None:
    """Run all checks and raise one SweepError with all their messages."""
    raise_together(checks, kind=SweepError, source=source)
