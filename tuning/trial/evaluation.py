"""Evaluates the best weights of trials that have ended on a part of the data, image by image."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.data.dataset.prepared import PreparedDataset
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.dataset import open_unchanged_data
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import read_status
from sweepbox.tuning.trial.compiled_runs import CompiledRunCache
from sweepbox.tuning.trial.costs import costs_of
from sweepbox.tuning.trial.settings import run_settings

if TYPE_CHECKING:
    from sweepbox.detection.runner import RunSettings


class Part(StrEnum):
    """A part of the data that weights are evaluated on."""

    VALIDATION = "validation"
    TEST = "test"


TEST_AS_EXPORTED = "test-as-exported"
"""The name of the matches on the test part under the suppression that the export has."""


class TrialEvaluator:
    """Evaluates weights of a sweep's trials in one process, which compiles each program once."""

    def __init__(self, sweep: SweepFolder, spec: SweepSpec) -> None:
        self._sweep = sweep
        self._spec = spec
        self._compiled_runs = CompiledRunCache()

    def evaluate(self, trial_id: str, part: Part) -> dict[str, float]:
        """Evaluate a trial's best weights, write their matches to its folder, and return the metrics.

        Of a trial of a fold the validation part is the images of that fold. SweepError where the data have no
        such part.
        """
        from sweepbox.detection.evaluation.image_matches_file import write_matches

        trial = self._sweep.trial(trial_id)
        config = load_config(trial.config)
        dataset = open_unchanged_data(self._sweep, self._spec)
        status = read_status(trial)
        settings = run_settings(
            self._sweep, trial, self._spec, config, dataset, seed=status.seed, fold=status.fold
        )
        run = self._compiled_runs.run_for(_on_part(settings, dataset, part))
        evaluation = run.evaluate_checkpoint(trial.best)
        write_matches(trial.matches(part), evaluation.matches)
        costs = costs_of(self._sweep, config.model.ssd, Objective.of(self._spec.objective))
        return {**evaluation.metrics, **costs}

    def evaluate_as_exported(self, trial_id: str, suppression: Mapping[str, Any]) -> dict[str, float]:
        """Evaluate a trial's best weights on the test part with the suppression of the export.

        The matches are written to the trial's folder. The metrics are those that depend on detections.

        Args:
            trial_id: The trial.
            suppression: The fields of a `SuppressionSetting`.

        Raises:
            SweepError: The data have no test part.
        """
        from sweepbox.detection.evaluation.image_matches_file import write_matches
        from sweepbox.detection.post_training.suppressed import evaluate_suppressed
        from sweepbox.detection.post_training.suppression import SuppressionSetting

        trial = self._sweep.trial(trial_id)
        dataset = open_unchanged_data(self._sweep, self._spec)
        evaluation = evaluate_suppressed(trial.best, _test_records(dataset), SuppressionSetting(**suppression))
        write_matches(trial.matches(TEST_AS_EXPORTED), evaluation.matches)
        return dict(evaluation.metrics)


def _on_part(settings: "RunSettings", dataset: PreparedDataset, part: Part) -> "RunSettings":
    if part is Part.VALIDATION:
        return settings
    return replace(settings, validation_records=_test_records(dataset), held_out=None)


def _test_records(dataset: PreparedDataset) -> tuple[Path, ...]:
    if not dataset.test:
        raise SweepError(f"{dataset.directory}: has no test part; prepare the data with --test-fraction")
    return dataset.test
