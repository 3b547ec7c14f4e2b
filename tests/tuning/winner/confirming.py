"""A sweep whose search is over, and what stands in for training and evaluation to confirm its winner."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments.winner.simulated import detect, draw_scene, renamed
from sweepbox.detection.checkpoint.files import WEIGHTS_FILE
from sweepbox.detection.evaluation.image_matches import ImageMatches
from sweepbox.detection.evaluation.image_matches_file import write_matches
from sweepbox.tuning.ray_backend.confirmation import confirm_winner
from sweepbox.tuning.spec.confirm import ConfirmSpec
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import Fold, TrialState, read_status
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import read_sweep
from sweepbox.tuning.sweep.running import RunnableTrials
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.trial.evaluation import TEST_AS_EXPORTED, Part

Live = Callable[[SweepFolder, str, Sequence[float], TrialState], None]
CONFIRM = ConfirmSpec(top=2, seeds=2)
SEARCH = {"0000": 0.3, "0001": 0.6, "0002": 0.5, "0003": 0.4}
"""The best score of each trial of the search; the first is the base config, the second was stopped early."""
METRICS = {"loss/total": 1.0, "parameters": 1000.0}
OWN = {"iou_threshold": 0.6, "sigma": 0.0, "per_class": 100, "total": 100, "score_threshold": 1e-8}
"""The suppression of the configs."""


def searched_sweep(
    write: Callable[..., Path], home: Path, live: Live, data: Path, *, spec: ConfirmSpec = CONFIRM
) -> SweepFolder:
    file = write(
        objective={"metric": "mAP"}, data=str(data), trials=4, confirm=spec.model_dump(exclude_none=True)
    )
    folder = create_sweep(SweepRequest(file, out=home / "run"))
    manager = manager_of(folder)
    while (trial_id := manager.next_trial()) is not None:
        value, early = SEARCH[trial_id], trial_id == "0001"
        state = TrialState.STOPPED_EARLY if early else TrialState.FINISHED
        live(folder, trial_id, [value - 0.1, value] if early else [0.0, value - 0.1, value], state)
        manager.close(trial_id)
    return folder


def manager_of(folder: SweepFolder) -> TrialManager:
    return TrialManager(folder, load_spec(folder.spec))


def state_of(folder: SweepFolder) -> SweepState:
    return read_sweep(folder, is_running=False)


class Engine:
    """Stands in for training and evaluation: a config's skill is its trial's score in the search."""

    def __init__(
        self, folder: SweepFolder, live: Live, *, stop_at: str | None = None, iou_threshold: float = 0.6
    ) -> None:
        """Stop at an evaluation; choose this NMS IoU for the export, which gains 0.05."""
        self.folder, self.live, self.stop_at = folder, live, stop_at
        self.chosen = {**OWN, "iou_threshold": iou_threshold}
        self.trained: list[str] = []
        self.evaluated: list[tuple[str, tuple[str, ...]]] = []
        self.at_test: dict[str, Any] | None = None

    def train(self, trials: RunnableTrials) -> None:
        while (trial_id := trials.next_trial()) is not None:
            status = read_status(self.folder.trial(trial_id))
            value = self._skill(status.fingerprint) + 0.02 * (status.seed - 5)
            self.live(self.folder, trial_id, [0.0, value, value - 0.05], TrialState.FINISHED)
            (self.folder.trial(trial_id).best / WEIGHTS_FILE).write_bytes(trial_id.encode())
            self.trained.append(trial_id)
            trials.close(trial_id)

    def evaluate(self, trial_ids: Sequence[str], part: Part) -> dict[str, dict[str, float]] | None:
        self.evaluated.append((str(part), tuple(trial_ids)))
        if part is Part.TEST:
            self.at_test = json.loads(self.folder.winner.read_text())
        return None if part == self.stop_at else self._measured(trial_ids, part)

    def evaluate_as_exported(
        self, trial_ids: Sequence[str], suppression: Mapping[str, Any]
    ) -> dict[str, dict[str, float]] | None:
        assert suppression == self.chosen
        self.evaluated.append((TEST_AS_EXPORTED, tuple(trial_ids)))
        if self.stop_at == TEST_AS_EXPORTED:
            return None
        found = self._measured(trial_ids, Part.TEST, TEST_AS_EXPORTED)
        return {name: {"mAP": metrics["mAP"] + 0.05} for name, metrics in found.items()}

    def _measured(
        self, trial_ids: Sequence[str], part: Part, file: str | None = None
    ) -> dict[str, dict[str, float]]:
        found = {}
        for trial_id in trial_ids:
            status = read_status(self.folder.trial(trial_id))
            skill = self._skill(status.fingerprint)
            matches = _matches(part, status.fold, skill * 3, seed=status.seed)
            write_matches(self.folder.trial(trial_id).matches(file or part), matches)
            found[trial_id] = {**METRICS, "mAP": skill - 0.1}
        return found

    def tune(self, trial_id: str) -> tuple[dict[str, Any] | None, str] | None:
        self.evaluated.append(("tune", (trial_id,)))
        return {"of": trial_id, "suppression": {"own": OWN, "chosen": self.chosen}}, ""

    def _skill(self, fingerprint: str) -> float:
        statuses = {name: read_status(self.folder.trial(name)) for name in SEARCH}
        return next(SEARCH[name] for name, status in statuses.items() if status.fingerprint == fingerprint)


def _matches(part: Part, fold: Fold | None, skill: float, *, seed: int) -> ImageMatches:
    """Return what a detector of this skill finds in a part, or in a fold, whose number decides its images."""
    random = np.random.default_rng(seed)
    if fold is None:
        return detect(random, draw_scene(np.random.default_rng(len(part)), 30), skill)
    found = detect(random, draw_scene(np.random.default_rng(fold.number), 15), skill)
    return renamed(found, f"{fold.number}/")


def confirm(engine: Engine, spec: ConfirmSpec = CONFIRM) -> dict[str, Any]:
    for name in SEARCH:
        best = engine.folder.trial(name).best
        if best.is_dir():
            (best / WEIGHTS_FILE).write_bytes(name.encode())
    manager = manager_of(engine.folder)
    confirm_winner(
        manager,
        spec,
        run_trials=engine.train,
        evaluate=engine.evaluate,
        evaluate_as_exported=engine.evaluate_as_exported,
        tune=engine.tune,
    )
    content: dict[str, Any] = json.loads(engine.folder.winner.read_text())
    return content
