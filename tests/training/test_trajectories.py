"""Twenty training steps compared with the Object Detection API, from one checkpoint and on one batch.

The learning rates are low. With random weights, the gradients of these networks are so ill-conditioned (batch
norms over as few as two values) that at ordinary rates a change of 1e-7 in the weights changes the losses of
the Object Detection API itself by several per cent after two steps. At the rates used here, it changes them by
less than 1e-4.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sweepbox.detection.checkpoint.keys import checkpoint_keys
from sweepbox.detection.checkpoint.object_based import load_object_based
from sweepbox.detection.config import pipeline_pb2 as pb
from sweepbox.detection.config.load import load_config
from sweepbox.detection.model.ssd import SsdDetector
from sweepbox.detection.training.optimizer import optimizer_settings
from sweepbox.detection.training.step import LOSS_NAMES, TrainStep

from .golden_step import (
    GOLDEN,
    golden_batch,
    golden_detector,
    golden_optimizer,
    golden_step,
    golden_train_config,
)

GROUPS = {
    "momentum": ("momentum", "momentum_clip"),
    "adam": ("adam",),
    "rms_prop": ("rms_prop",),
    "frozen": ("frozen_momentum",),
}
"""Trajectories that share a compiled program."""


class Case:
    """A small golden model, its trajectories, and one compiled program for some of them."""

    def __init__(self, model: str, group: str) -> None:
        self.folder = GOLDEN / f"model_{model}_small"
        self.arrays = dict(np.load(GOLDEN / f"trajectory_{model}.npz"))
        self.batch = golden_batch(np.load(self.folder / "golden.npz"), [0, 1])
        self.config: pb.TrainEvalPipelineConfig = load_config(self.folder / "pipeline.config")
        self.config.model.ssd.freeze_batchnorm = group == "frozen"
        self.detector: SsdDetector = golden_detector(self.config, self.folder)
        kind = optimizer_settings(golden_train_config(self.arrays, GROUPS[group][0])).kind
        self.optimizer = golden_optimizer(self.detector, kind)
        self.step: TrainStep = golden_step(self.config, self.detector, self.optimizer)

    def run(self, name: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Return the losses of all steps, and the norm of each variable's change in the first step."""
        load_object_based(self.detector.network, self.folder / "ckpt-0", self.config.model.ssd)
        self.optimizer.reset()
        rule = optimizer_settings(golden_train_config(self.arrays, name))
        before = self._weights()
        losses: list[dict[str, float]] = []
        for index in range(len(self.arrays[f"{name}/total_loss"])):
            self.step.train(self.batch, index, rule.scalars(index))
            losses.append(self.step.take_losses().sums)
            if index == 0:
                changes = [np.linalg.norm(new - old) for new, old in zip(self._weights(), before, strict=True)]
        return {loss: np.array([row[loss] for row in losses]) for loss in LOSS_NAMES}, np.array(changes)

    def _weights(self) -> list[np.ndarray]:
        """Return all weights in the order of the golden keys."""
        weights = {weight.path: weight.numpy().astype(np.float64) for weight in self.detector.network.weights}
        paths = {key: path for path, key in checkpoint_keys(weights, self.config.model.ssd).items()}
        return [weights[paths[key]] for key in self.arrays["keys"].tolist()]


@pytest.mark.parametrize(
    ("model", "group"),
    [
        ("mobilenet_v2_fpnlite", "momentum"),
        pytest.param("mobilenet_v2_fpnlite", "adam", marks=pytest.mark.slow),
        pytest.param("mobilenet_v2_fpnlite", "frozen", marks=pytest.mark.slow),
        pytest.param("resnet50", "momentum", marks=pytest.mark.slow),
        pytest.param("resnet50", "adam", marks=pytest.mark.slow),
        pytest.param("resnet50", "rms_prop", marks=pytest.mark.slow),
    ],
)
def test_twenty_steps_follow_the_golden(model: str, group: str) -> None:
    case = Case(model, group)
    for name in GROUPS[group]:
        losses, changes = case.run(name)
        expected = {loss: case.arrays[f"{name}/{loss}_loss"] for loss in LOSS_NAMES}
        for loss in LOSS_NAMES:
            np.testing.assert_allclose(losses[loss], expected[loss], rtol=1e-3, err_msg=f"{name} {loss}")
            assert losses[loss][0] == pytest.approx(expected[loss][0], rel=1e-4)
        # The losses change little at these rates; their changes and those of each variable differ by optimizer.
        moved, expected_move = (values["total"] - values["total"][0] for values in (losses, expected))
        np.testing.assert_allclose(moved, expected_move, atol=0.05 * np.abs(expected_move).max(), err_msg=name)
        wanted = case.arrays[f"{name}/weight_change"]
        np.testing.assert_allclose(changes, wanted, rtol=0.02, atol=1e-3 * wanted.max(), err_msg=name)
    assert case.step.traces == 1


def _is_stable(arrays: Any, name: str) -> bool:
    """Return whether a change of 1e-7 in the weights leaves the golden losses almost unchanged."""
    return all(
        np.allclose(arrays[f"{name}/perturbed/{loss}_loss"], arrays[f"{name}/{loss}_loss"], rtol=1e-4)
        for loss in LOSS_NAMES
    )


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("trajectory_*.npz")), ids=lambda path: path.stem)
def test_the_golden_trajectories_are_stable(path: Path) -> None:
    with np.load(path) as arrays:
        assert all(_is_stable(arrays, name) for name in arrays["names"].tolist())
