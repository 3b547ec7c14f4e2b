"""The JAX step trains like TensorFlow on images smaller than their canvas and boxes of weight zero."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.timeout(900)  # JAX takes its time to compile on a slow processor

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
import numpy as np
from pathlib import Path
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.timeline import Timeline
from sweepbox.detection.data.augment import build_preprocessor
from sweepbox.detection.data.batches import Batch
from sweepbox.detection.model.ssd import build_detector
from sweepbox.detection.training.optimizer import Optimizer, optimizer_settings
from sweepbox.detection.training.phases import TRANSFER, Phase
from sweepbox.detection.training.step import LOSS_NAMES, Program, build_train_step

config = load_config(Path(sys.argv[1]))
config.model.ssd.image_resizer.fixed_shape_resizer.height = 64
config.model.ssd.image_resizer.fixed_shape_resizer.width = 64
detector = build_detector(config.model.ssd, seed=3)
rule = optimizer_settings(config.train_config)
optimizer = Optimizer(rule.kind, detector.network.trainable_variables)
preprocessors = [build_preprocessor(config.model.ssd.image_resizer, options) for options in
                 (config.train_config.data_augmentation_options, ())]
step = build_train_step(Program(detector, *preprocessors, optimizer))
generator = np.random.default_rng(0)
batch = Batch(
    images=generator.integers(0, 256, (2, 80, 72, 3), dtype=np.uint8),
    sizes=np.array([[80, 72], [60, 50]], np.int32),
    boxes_yxyx=np.array(
        [[[0.1, 0.2, 0.6, 0.7], [0, 0, 0, 0]], [[0.3, 0.3, 0.5, 0.9], [0, 0, 1, 1]]], np.float32
    ),
    class_ids=np.array([[1, 0], [2, 0]], np.int32),
    weights=np.array([[1, 0], [1, 1]], np.float32),
    noise=generator.random((2, preprocessors[0].noise_columns), np.float32),
    indices=np.arange(2),
)
losses = step.evaluate(batch, rule.scalars(0)).losses
print(*(losses[name].mean() for name in LOSS_NAMES))
timeline = Timeline()
for index in range(3):
    if index < 2:
        step.train(batch, index, rule.scalars(index))
    else:
        step.train_by_phases(batch, index, rule.scalars(index), timeline)
    sums = step.take_losses().sums
    print(*(sums[name] for name in LOSS_NAMES))
assert [span.name for span in timeline.spans] == [TRANSFER, Phase.GRADIENTS, Phase.UPDATE]
print(step.traces, *(0.0 for _ in LOSS_NAMES[1:]))
"""


def _losses(backend: str, environment: dict[str, str]) -> np.ndarray:
    config = ROOT / "experiments" / "configs" / "quickstart.config"
    command = [sys.executable, "-c", PROGRAM, str(config)]
    env = os.environ | environment | {"KERAS_BACKEND": backend}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return np.array([line.split() for line in done.stdout.splitlines()], float)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_jax_step_equals_tensorflow_on_padded_images_and_unweighted_boxes(
    jax_environment: dict[str, str],
) -> None:
    np.testing.assert_allclose(_losses("jax", jax_environment), _losses("tensorflow", {}), rtol=5e-3)
