"""The sampler of a sweep and the study's file for dashboards, both rebuilt from the records of the trials."""

from collections.abc import Sequence

from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.core.errors import ConfigError
from sweepbox.tuning.search.fitting_programs import FittingPrograms
from sweepbox.tuning.search.given import parameters_of
from sweepbox.tuning.search.samplers.table import sampler_of
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.search.suggestions import Suggestion, Suggestions
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.start_file import Start
from sweepbox.tuning.storage.study_file import StudyFile, StudyTrial
from sweepbox.tuning.storage.study_writer import StudyWriter
from sweepbox.tuning.sweep.observations import observation_of
from sweepbox.tuning.sweep.records import TrialRecords
from sweepbox.tuning.sweep.study_trials import directions_of, trial_metadata
from sweepbox.tuning.sweep.trial_result import TrialResult


class SweepStudy:
    """Suggests trials, and passes what their records say on to the sampler and to the file."""

    def __init__(
        self,
        spec: SweepSpec,
        base: pb.TrainEvalPipelineConfig,
        records: TrialRecords,
        *,
        feasibility: FittingPrograms,
        start: Start | None,
    ) -> None:
        """Replay the records; nothing is read from the file."""
        self._objective = records.objective
        directions, labels = directions_of(self._objective), [goal.label for goal in self._objective.goals]
        self._base, self._space = base, Space.of(spec)
        earlier = [records[name] for name in sorted(records.ids, key=int)]
        self._suggestions = Suggestions(
            sampler_of(spec.sampler),
            self._space,
            seed=spec.seed,
            directions=directions,
            earlier=() if start is None else start.earlier,
            is_feasible=feasibility.allows,
            observations=[observation_of(trial, self._objective) for trial in earlier],
        )
        self._writer = StudyWriter(StudyFile(records.folder.study, spec.name, labels, directions))
        for number in range(len(self._suggestions)):
            self._writer.put(StudyTrial(self._suggestions.trial(number), {}))
        for trial in earlier:
            self._show(trial)

    @property
    def next_number(self) -> int:
        """The number of the next trial."""
        return len(self._suggestions)

    def add(self, trial: TrialResult) -> None:
        """Add a new trial that was not suggested."""
        self._suggestions.add(observation_of(trial, self._objective))
        self._show(trial)

    def suggest(self) -> Suggestion:
        """Return the next trial's parameters; pass its record to `update` when it is made."""
        return self._suggestions.suggest()

    def give(self, edits: Sequence[Edit]) -> Suggestion:
        """Return a trial that is given, not suggested; pass its record to `update` when it is made.

        The sampler learns from it where its config's values lie in the space.
        """
        try:
            parameters = parameters_of(apply_edits(self._base, edits), self._space)
        except ConfigError:
            parameters = {}  # the trial will be recorded as failed
        return self._suggestions.give(edits, parameters)

    def update(self, trial: TrialResult) -> None:
        """Pass on what the record of a trial says now."""
        observed = observation_of(trial, self._objective)
        for evaluation, score in observed.intermediate.items():
            self._suggestions.report(observed.number, evaluation, score)
        if observed.state.has_ended:
            self._suggestions.close(
                observed.number, observed.state, scores=observed.scores, constraints=observed.constraints
            )
        self._show(trial)

    def write_in_background(self) -> None:
        """Let a thread write to the file what has changed; a failure is logged."""
        self._writer.write_in_background()

    def flush(self) -> None:
        """Write to the file what has changed, and wait for it; a failure is logged."""
        self._writer.flush()

    def _show(self, trial: TrialResult) -> None:
        suggested = self._suggestions.trial(int(trial.id))
        self._writer.put(StudyTrial(suggested, trial_metadata(trial), trial.status.started, trial.status.ended))
