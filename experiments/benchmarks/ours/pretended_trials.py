"""Trials that write the files of real ones and report as these do, but train nothing."""

import math
import random
import time
from pathlib import Path
from typing import Any

from sweepbox.detection.core.files import atomic_directory
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.ray_backend.trainable import SWEEP_KEY, TRIAL_KEY, TrialTrainable
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import Evaluation, TrialState, append_evaluation
from sweepbox.tuning.trial.best_evaluation import best_evaluation
from sweepbox.tuning.trial.status_writer import StatusWriter
from sweepbox.tuning.trial.worker import Outcome

CLASSES = ("face", "mask", "none")
SECONDS_KEY = "SWEEPBOX_PRETENDED_SECONDS"
"""The environment variable with the seconds that an evaluation takes on average."""


class PretendedWorker:
    """Stands in for `TrialWorker`: the same records, folders of checkpoints that hold a word, and a pause."""

    def __init__(self, sweep: SweepFolder, trial_id: str, spec: SweepSpec, *, seconds: float) -> None:
        """Take about `seconds` for each evaluation."""
        self._trial = sweep.trial(trial_id)
        self._objective = Objective.of(spec.objective)
        self._status = StatusWriter(self._trial)
        self._noise = random.Random(trial_id)  # noqa: S311 - no secret
        self._seconds = seconds
        self._final = final_score(self._status.status.parameters) + self._noise.gauss(0, 0.015)
        self._evaluations: tuple[Evaluation, ...] = ()

    def close(self) -> None:
        """Do nothing: there is no logger."""

    def next_evaluation(self) -> Outcome:
        """Pause, write what a trial writes, and return its outcome."""
        status, number = self._status.status, len(self._evaluations) + 1
        if number == 1:
            self._status.update(state=TrialState.RUNNING, started=time.time(), attempts=1, host="node-1")
        time.sleep(self._seconds * self._noise.uniform(0.7, 1.3))
        every = status.total_steps // status.total_evaluations
        score = max(self._final * (1 - math.exp(-number / 2.6)) + self._noise.gauss(0, 0.008), 0.0)
        evaluation = Evaluation(
            number,
            every * number,
            time.time(),
            self._seconds,
            _metrics(score),
            evaluation_s=0.2,
            images_per_s=50.0,
            input_wait_fraction=0.04,
        )
        append_evaluation(self._trial, evaluation)
        self._evaluations = (*self._evaluations, evaluation)
        finished = number == status.total_evaluations
        self._write_checkpoints(evaluation, finished=finished)
        state = TrialState.FINISHED if finished else TrialState.RUNNING
        weights = f"{self._trial.id}-{number}"
        self._status.update(state=state, step=evaluation.step, weights_fingerprint=weights)
        return Outcome(state, evaluation, self._objective.value(evaluation.metrics))

    def _write_checkpoints(self, evaluation: Evaluation, *, finished: bool) -> None:
        best = best_evaluation(self._trial.id, self._evaluations, self._objective)
        folders = [] if finished else [self._trial.last]
        folders += [self._trial.best] if best is evaluation else []
        for folder in folders:
            with atomic_directory(folder) as path:
                (path / "weights").write_text("pretended")


class PretendedTrainable(TrialTrainable):
    """Ray's trainable of the product with pretended workers; neither TensorFlow nor Keras is loaded."""

    def _open(self) -> Any:
        """Return the worker of the trial that the config names."""
        import os

        sweep = SweepFolder(Path(self._config[SWEEP_KEY]))
        self._spec = self._spec or load_spec(sweep.spec)
        seconds = float(os.environ[SECONDS_KEY])
        worker: Any = PretendedWorker(sweep, self._config[TRIAL_KEY], self._spec, seconds=seconds)
        self._worker = worker
        return worker


def final_score(parameters: Any) -> float:
    """Return a score that falls with the distance of the parameters from an optimum."""
    rate = math.log10(float(parameters.get("learning_rate", 1e-3)))
    gamma, decay = float(parameters.get("focal_gamma", 2)), math.log10(float(parameters.get("l2_weight", 4e-5)))
    return 0.8 * math.exp(-(((rate + 2.3) / 0.9) ** 2) - ((gamma - 1.5) / 1.6) ** 2 - ((decay + 4.6) / 3) ** 2)


def _metrics(score: float) -> dict[str, float]:
    """Return thirty metrics, as many as an evaluation of three classes has."""
    names = ["mAP", "mAP@.50", "mAP@.75", *(f"mAP ({size})" for size in ("small", "medium", "large"))]
    names += [f"AR@{count}" for count in (1, 10, 100)] + [f"AR@100 ({size})" for size in ("small", "large")]
    names += [f"{kind}/{name}" for kind in ("AP", "AP@.50", "AR", "precision", "recall") for name in CLASSES]
    losses = [f"loss/{part}" for part in ("total", "localization", "classification", "regularization")]
    return dict.fromkeys(names, score) | dict.fromkeys(losses, 1.6 - score)
