"""The settings of a trial's training run."""

from dataclasses import replace
from typing import TYPE_CHECKING

from sweepbox.detection.checkpoint.source import KERAS_WEIGHTS, initial_source
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.label_map import load_label_map
from sweepbox.detection.core.errors import ConfigError, ModelError, SweepError
from sweepbox.detection.core.remote.uri import is_uri
from sweepbox.detection.core.seeds import derive_seed
from sweepbox.detection.data.dataset.prepared import PreparedDataset
from sweepbox.detection.model.precision import AUTOMATIC, Precision
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.division import held_out_of
from sweepbox.tuning.storage.folder import SweepFolder, TrialFolder
from sweepbox.tuning.storage.trial_record import Fold
from sweepbox.tuning.trial.precision import sweep_precision

if TYPE_CHECKING:
    from sweepbox.detection.runner import RunSettings


def run_settings(
    sweep: SweepFolder,
    trial: TrialFolder,
    spec: SweepSpec,
    config: pb.TrainEvalPipelineConfig,
    dataset: PreparedDataset,
    *,
    seed: int,
    fold: Fold | None = None,
) -> "RunSettings":
    """Return the settings that a trial trains with; in a `fold` it validates on that and trains on all others.

    The trainings of the folds of a seed draw their initial weights and batches independently.

    With `precision: auto` the sweep's first trial measures the precision, and the others wait for it.
    """
    from sweepbox.detection.runner import RunSettings

    precision = spec.training.precision
    settings = RunSettings(
        config=config,
        train_records=dataset.train,
        validation_records=dataset.validation,
        label_map=load_label_map(sweep.label_map),
        directory=trial.path,
        seed=seed if fold is None else derive_seed(seed, "fold", str(fold.number)),
        precision=Precision.FLOAT32 if precision == AUTOMATIC else Precision(precision),
        evaluate_every=spec.training.evaluate_every,
        metric=Objective.of(spec.objective).trained_by,
        initial_weights=_initial_weights(sweep, spec),
        held_out=None if fold is None else held_out_of(sweep, fold, seed),
        log_images=spec.log_images,
    )
    if precision != AUTOMATIC:
        return settings
    return replace(settings, precision=sweep_precision(sweep, settings))


def check_weights(sweep: SweepFolder, spec: SweepSpec, config: pb.TrainEvalPipelineConfig) -> None:
    """Raise SweepError where the initial weights of a config are not there."""
    try:
        initial_source(config, _initial_weights(sweep, spec))
    except (ConfigError, ModelError) as error:
        raise SweepError(f"initial weights: {error}") from error


def _initial_weights(sweep: SweepFolder, spec: SweepSpec) -> str | None:
    """Return the sweep's initial weights; a path in its file is relative to its folder."""
    weights = spec.initial_weights
    if weights is None or weights == KERAS_WEIGHTS or is_uri(str(weights)):
        return None if weights is None else str(weights)
    return str(sweep.path / weights)
