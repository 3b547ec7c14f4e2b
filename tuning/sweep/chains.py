"""Under which configs the weights of a trial were trained, where it continues another trial."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.schema import TrainingSpec
from sweepbox.tuning.spec.steps import plan_of_length
from sweepbox.tuning.storage.trial_record import Segment, TrialStatus

DIGITS = 16
"""Of a hash, as many as the fingerprint of a config has."""


class Chains:
    """The segments of all trials of a sweep: one for each config under which a trial's weights were trained.

    Neighbours of the same config are one segment, and a config under which no step was trained is left out.
    """

    def __init__(self, statuses: Mapping[str, TrialStatus], training: TrainingSpec) -> None:
        """Take the statuses of the trials by id, and the sweep file's `training`."""
        self._statuses = statuses
        self._training = training
        self._segments: dict[str, tuple[Segment, ...]] = {}

    def segments(self, trial_id: str) -> tuple[Segment, ...]:
        """Return the segments of a trial in their order, at least one.

        Raises:
            SweepError: A trial that it continues is missing.
        """
        if trial_id not in self._segments:
            self._segments[trial_id] = self._find(trial_id)
        return self._segments[trial_id]

    def fingerprint(self, trial_id: str) -> str | None:
        """Return the hash of a trial's segments; None where a trial that it continues is missing."""
        try:
            return chain_fingerprint(self.segments(trial_id))
        except SweepError:
            return None

    def several(self, trial_id: str) -> tuple[Segment, ...]:
        """Return the segments of a trial that has several; none where one that it continues is missing."""
        known = self.fingerprint(trial_id) is not None and len(self.segments(trial_id)) > 1
        return self.segments(trial_id) if known else ()

    def is_own(self, trial_id: str) -> bool:
        """Return whether a trial of the search was trained in its last segment from the beginning of that."""
        return self.segments(trial_id)[-1].step == first_step(self._statuses[trial_id], self._training)

    def _find(self, trial_id: str) -> tuple[Segment, ...]:
        status = self._statuses[trial_id]
        if status.segments:
            return status.segments
        own = Segment(first_step(status, self._training), trial_id, status.fingerprint, status.parameters)
        if status.copied_from is None:
            return (own,)
        source = status.copied_from.trial
        if source not in self._statuses or int(source) >= int(trial_id):
            raise SweepError(
                f"trial {trial_id} continues trial {source}, which is no earlier trial of the sweep, so it "
                f"cannot be trained again; restore trials/{source}, or delete trials/{trial_id} to drop it"
            )
        before = tuple(item for item in self.segments(source) if item.step < own.step)
        return before if before and before[-1].fingerprint == own.fingerprint else (*before, own)


def first_step(status: TrialStatus, training: TrainingSpec) -> int:
    """Return the step from which a trial trains under its own config."""
    origin = status.copied_from
    if origin is None:
        return status.own_step
    if origin.step is not None:
        return origin.step
    plan = plan_of_length(status.total_steps, training, recorded=status.total_evaluations)
    return plan.step_of(origin.evaluation)


def chain_fingerprint(segments: Sequence[Segment]) -> str:
    """Return the hash of a training's segments: that of the config where there is one."""
    if len(segments) == 1:
        return segments[0].fingerprint
    text = json.dumps([(segment.step, segment.fingerprint) for segment in segments])
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
