"""Checks that the edits of a sweep's trials have acted, as their weights show."""

from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import NoEffectError
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.sweep.chains import first_step
from sweepbox.tuning.sweep.trial_result import TrialResult
from sweepbox.tuning.trial.proof_of_effect import Trained, fields_without_effect

SHOWN = 3
"""How many fields the error names."""


class EffectCheck:
    """Compares each ended trial with those of equal weights before it.

    Attributes:
        error: The error of the first two trials that differ in training settings alone; None while there are
            none.
    """

    def __init__(self, folder: SweepFolder, spec: SweepSpec) -> None:
        self._folder = folder
        self._spec = spec
        self._by_weights: dict[str, list[TrialResult]] = {}
        self._seen: set[str] = set()
        self.error: NoEffectError | None = None

    def add(self, trial: TrialResult) -> None:
        """Compare an ended trial; one that was compared, equals another or has no weights is left out."""
        weights = trial.status.weights_fingerprint
        if trial.id in self._seen or weights is None or trial.status.duplicate_of or not trial.evaluations:
            return
        self._seen.add(trial.id)
        same = self._by_weights.setdefault(weights, [])
        for other in same if self.error is None else ():
            self._compare(other, trial, weights)
        same.append(trial)

    def _compare(self, first: TrialResult, second: TrialResult, weights: str) -> None:
        """Record the error of two trials of equal weights; their configs are read for this alone."""
        trained = self._trained(first, weights), self._trained(second, weights)
        fields = fields_without_effect(*trained)
        if fields and self.error is None:
            self.error = NoEffectError(self._message(*trained, fields))

    def _trained(self, trial: TrialResult, weights: str) -> Trained:
        return Trained(
            trial=trial.id,
            config=load_config(self._folder.trial(trial.id).config),
            weights=weights,
            steps=trial.evaluations[-1].step,
            first_step=first_step(trial.status, self._spec.training),
        )

    def _message(self, first: Trained, second: Trained, fields: tuple[str, ...]) -> str:
        shown = ", ".join(fields[:SHOWN]) + (f" and {len(fields) - SHOWN} more" if len(fields) > SHOWN else "")
        return (
            f"{self._folder.path}: trials {first.trial} and {second.trial} differ in {shown}, and have equal "
            "weights after training: the settings have not acted, so the results cannot be trusted; report "
            f"this, or delete {self._folder.trial(second.trial).path} to go on without that trial"
        )
