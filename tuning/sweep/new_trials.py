"""Making new trials: a suggestion becomes a config, a record and a folder."""

import time
from dataclasses import replace

from sweepbox.detection.checkpoint.folder import read_checkpoint_metadata
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.change import Change
from sweepbox.detection.config.difference import config_difference, fingerprint
from sweepbox.detection.config.edits import apply_edits
from sweepbox.detection.config.load import load_config, save_config
from sweepbox.detection.config.support import check_supported
from sweepbox.detection.core.errors import ConfigError
from sweepbox.detection.core.files import atomic_directory
from sweepbox.detection.core.seeds import derive_seed
from sweepbox.detection.training.compile_key import CompileKey
from sweepbox.tuning.schedule.rule import CopyOrder
from sweepbox.tuning.search.fitting_programs import FittingPrograms
from sweepbox.tuning.search.perturbation import perturb
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.search.suggestions import Suggestion
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.spec.steps import evaluation_plan
from sweepbox.tuning.storage.copied_state import copy_state
from sweepbox.tuning.storage.folder import SweepFolder, TrialFolder
from sweepbox.tuning.storage.remote.content import had_content
from sweepbox.tuning.storage.trial_record import (
    CopiedFrom,
    Fold,
    Origin,
    Segment,
    TrialState,
    TrialStatus,
    write_changes,
    write_status,
)
from sweepbox.tuning.sweep.chains import Chains
from sweepbox.tuning.sweep.records import TrialRecords


def trial_id_of(number: int) -> str:
    """Return the id of a sweep's trial by its number, from 0."""
    return f"{number:04d}"


class TrialFactory:
    """Makes the folder and the record of each new trial."""

    def __init__(
        self,
        folder: SweepFolder,
        spec: SweepSpec,
        base: pb.TrainEvalPipelineConfig,
        records: TrialRecords,
        *,
        feasibility: FittingPrograms,
    ) -> None:
        self._folder = folder
        self._spec = spec
        self._base = base
        self._records = records
        self._space = Space.of(spec)
        self._feasibility = feasibility

    def create(
        self, suggestion: Suggestion, origin: Origin = Origin.SAMPLED, *, request: str | None = None
    ) -> str:
        """Write a new trial's folder (config, changes, status) and return its id; `request` is that it is for.

        A trial whose config is refused is recorded as failed. One that equals an earlier trial is recorded as
        its duplicate.
        """
        trial = self._folder.trial(trial_id_of(suggestion.number))
        config, error = self._config_of(suggestion)
        status = replace(self._new_status(config, suggestion, error), origin=origin, request=request)
        with atomic_directory(trial.path, makes_folder=False) as path:
            changes = self._write(TrialFolder(path), config, status)
        self._records.add(trial.id, status, changes)
        return trial.id

    def copy(self, order: CopyOrder, number: int) -> str | None:
        """Write the folder of a perturbed copy of a trial and return its id; None where its state is gone.

        The new trial continues from the state that the source saved last. One whose config is refused is
        recorded as failed.
        """
        source, trial = self._records[order.source], self._folder.trial(trial_id_of(number))
        perturbed = perturb(
            self._space,
            source.status.parameters,
            seed=derive_seed(self._spec.seed, "copy", order.member),
            is_feasible=self._feasibility.allows,
        )
        suggestion = Suggestion(number, perturbed.edits, perturbed.parameters, {})
        config, error = self._config_of(suggestion)
        with atomic_directory(trial.path, makes_folder=False) as path:
            draft = TrialFolder(path)
            source_state = self._folder.trial(order.source).last
            if not had_content(source_state) or not copy_state(source_state, draft.last):
                return None
            step = read_checkpoint_metadata(draft.last).step
            plan = evaluation_plan(config, self._spec.training)
            status = replace(
                self._new_status(config, suggestion, error),
                origin=Origin.COPIED,
                copied_from=CopiedFrom(order.source, plan.number_at(step), step),
                replaces=order.member,
                duplicate_of=None,
                step=step,
            )
            changes = self._write(draft, config, status)
        self._records.add(trial.id, status, changes)
        return trial.id

    def confirm(self, source: str | None, seed: int, number: int, fold: Fold | None = None) -> str:
        """Write the folder of a trial that trains a config again with this seed, and return its id.

        Where the source continues other trials, the new trial changes its config at the same steps as these,
        and its folder has all configs.

        Args:
            source: The trial whose config it is; None for the base config.
            seed: The seed of the training.
            number: The number of the new trial.
            fold: The fold of a cross-validation that it validates on; None for the parts of the data.
        """
        trial = self._folder.trial(trial_id_of(number))
        config = self._base if source is None else load_config(self._folder.trial(source).config)
        parameters = {} if source is None else self._records[source].status.parameters
        segments = () if source is None else self._segments(source)
        new = self._new_status(config, Suggestion(number, (), parameters, {}), None)
        status = replace(
            new, seed=seed, origin=Origin.CONFIRMED, duplicate_of=None, segments=segments, fold=fold
        )
        with atomic_directory(trial.path, makes_folder=False) as path:
            draft = TrialFolder(path)
            for index, segment in enumerate(segments[:-1]):
                save_config(load_config(self._folder.trial(segment.trial).config), draft.segment_config(index))
            changes = self._write(draft, config, status)
        self._records.add(trial.id, status, changes)
        return trial.id

    def _segments(self, source: str) -> tuple[Segment, ...]:
        """Return the segments of a trial; none where it has one config."""
        statuses = {name: self._records[name].status for name in self._records.ids}
        segments = Chains(statuses, self._spec.training).segments(source)
        return segments if len(segments) > 1 else ()

    def _config_of(self, suggestion: Suggestion) -> tuple[pb.TrainEvalPipelineConfig, str | None]:
        """Return the config of a suggestion, or the base and why it is refused."""
        try:
            config = apply_edits(self._base, suggestion.edits)
            check_supported(config)
        except ConfigError as problem:
            return self._base, str(problem)
        return config, None

    def _write(
        self, draft: TrialFolder, config: pb.TrainEvalPipelineConfig, status: TrialStatus
    ) -> tuple[Change, ...]:
        changes = tuple(config_difference(self._base, config))
        save_config(config, draft.config)
        write_changes(draft, changes)
        write_status(draft, status)
        return changes

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
