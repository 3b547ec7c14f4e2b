"""The JAX backend trains like TensorFlow, where JAX is installed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .backend_losses import first_losses

pytestmark = pytest.mark.timeout(900)  # JAX takes its time to compile on a slow processor

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.default_threads
def test_jax_trains_like_tensorflow(records: Path, jax_environment: dict[str, str]) -> None:
    pytest.importorskip("jax")
    done = subprocess.run(
        [sys.executable, "-m", "tests.runner.backend_losses", str(records)],
        cwd=ROOT,
        env=os.environ | jax_environment | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    on_jax, on_tensorflow = json.loads(done.stdout.splitlines()[-1]), first_losses(records)
    assert on_jax["traces"] == on_tensorflow["traces"] == 4
    assert on_jax["spans"] == on_tensorflow["spans"]
    for step, (ours, theirs) in enumerate(zip(on_jax["losses"], on_tensorflow["losses"], strict=True)):
        assert ours == pytest.approx(theirs, rel=5e-3), step
