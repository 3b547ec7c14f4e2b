"""One trial of a sweep with its evaluations."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from sweepbox.detection.config.change import Change
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.storage.folder import TrialFolder
from sweepbox.tuning.storage.trial_record import (
    Evaluation,
    TrialState,
    TrialStatus,
    read_changes,
    read_results,
    read_status,
)
from sweepbox.tuning.trial.best_evaluation import best_evaluation
from sweepbox.tuning.trial.throughput import Throughput, throughput_of


@dataclass(frozen=True)
class TrialResult:
    """One trial: its status, what its config changes of the base, its evaluations and the best of them.

    The best is chosen among the evaluations under its own config, see `TrialStatus.segments`.
    """

    id: str
    status: TrialStatus
    changes: tuple[Change, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    best: Evaluation | None = None

    @property
    def state(self) -> TrialState:
        """The trial's state."""
        return self.status.state

    @property
    def seconds(self) -> float:
        """The time spent on the trial so far."""
        return self.status.seconds

    @property
    def throughput(self) -> Throughput:
        """The trial's training speed and the shares of its time."""
        return throughput_of(self.evaluations)

    def with_evaluations(self, evaluations: tuple[Evaluation, ...], objective: Objective) -> "TrialResult":
        """Return the trial with other evaluations."""
        best = best_evaluation(self.id, self.status.own(evaluations), objective)
        return replace(self, evaluations=evaluations, best=best)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        throughput = self.throughput
        return {
            "id": self.id,
            "state": str(self.state),
            "evaluations": len(self.evaluations),
            "step": self.status.step,
            "metrics": dict(self.best.metrics) if self.best else {},
            "best_evaluation": self.best.evaluation if self.best else None,
            "last_metrics": dict(self.evaluations[-1].metrics) if self.evaluations else {},
            "changes": {change.path: change.after for change in self.changes},
            "parameters": dict(self.status.parameters),
            "seconds": round(self.seconds, 1),
            "evaluation_s": throughput.evaluation_s,
            "images_per_s": throughput.images_per_s,
            "input_wait_fraction": throughput.input_wait_fraction,
            "origin": str(self.status.origin),
            "redraws": self.status.redraws,
            "duplicate_of": self.status.duplicate_of,
            "copied_from": None if self.status.copied_from is None else asdict(self.status.copied_from),
            "segments": [asdict(segment) for segment in self.status.segments],
            "fold": None if self.status.fold is None else asdict(self.status.fold),
            "error": self.status.error,
            "infeasible": self.status.infeasible,
        }

    def to_full_json(self) -> dict[str, Any]:
        """Return it as plain values with its evaluations and what its config changes of the base."""
        return {
            **self.to_json(),
            "evaluations": [asdict(item) | {"metrics": dict(item.metrics)} for item in self.evaluations],
            "changes": [asdict(change) for change in self.changes],
        }


def read_trial(folder: TrialFolder, objective: Objective) -> TrialResult:
    """Return the trial in a folder."""
    status = read_status(folder)
    trial = TrialResult(folder.id, status, read_changes(folder))
    return trial.with_evaluations(read_results(folder, status), objective)
