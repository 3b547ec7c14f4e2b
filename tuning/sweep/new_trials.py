"""Making new trials: a suggestion becomes a config, a record and a folder."""

import time
from dataclasses import replace

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.difference import config_difference, fingerprint
from sweepbox.detection.config.edits import apply_edits
from sweepbox.detection.config.load import save_config
from sweepbox.detection.config.support import check_supported
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.core.files import atomic_directory
from sweepbox.detection.training.compile_key import CompileKey
from sweepbox.tuning.search.suggestions import Suggestion
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.spec.steps import evaluation_plan
from sweepbox.tuning.storage.folder import SweepFolder, TrialFolder
from sweepbox.tuning.storage.trial_record import TrialState, TrialStatus, write_changes, write_status
from sweepbox.tuning.sweep.records import TrialRecords


def trial_id_of(number: int) -> str:
    """Return the id of a sweep's trial by its number, from 0."""
    return f"{number:04d}"


class TrialFactory:
    """Makes the folder and the record of each new trial."""

    def __init__(
        self, folder: SweepFolder, spec: SweepSpec, base: pb.TrainEvalPipelineConfig, records: TrialRecords
    ) -> None:
        self._folder = folder
        self._spec = spec
        self._base = base
        self._records = records

    def create(self, suggestion: Suggestion) -> str:
        """Write a new trial's folder (config, changes, status) and return its id.

        A trial whose config is refused is recorded as failed. One that equals an earlier trial is recorded as
        its duplicate.
        """
        trial = self._folder.trial(trial_id_of(suggestion.number))
        config, error = self._base, None
        try:
            config = apply_edits(self._base, suggestion.edits)
            check_supported(config)
        except ConfigError as problem:
            error = str(problem)
        changes = config_difference(self._base, config)
        status = self._new_status(config, suggestion, error)
        with atomic_directory(trial.path) as path:
            draft = TrialFolder(path)
            save_config(config, draft.config)
            write_changes(draft, changes)
            write_status(draft, status)
        self._records.add(trial.id, status, changes)
        return trial.id

    def _new_status(
        self, config: pb.TrainEvalPipelineConfig, suggestion: Suggestion, error: str | None
    ) -> TrialStatus:
        """Return the status of a new trial; `config` is the base where `error` refuses its own."""
        mark = fingerprint(config)
        status = TrialStatus(
            state=TrialState.PENDING,
            seed=self._spec.seed,
            fingerprint=mark,
            total_steps=config.train_config.num_steps,
            total_evaluations=evaluation_plan(config, self._spec.training).count,
            parameters=suggestion.parameters,
            sampler_attributes=suggestion.attributes,
            redraws=suggestion.redraws,
            compile_key=CompileKey.of(config).id,
        )
        if error is not None:
            return replace(status, state=TrialState.FAILED, error=error, ended=time.time())
        return replace(status, duplicate_of=self._records.original(mark, self._spec.seed))
