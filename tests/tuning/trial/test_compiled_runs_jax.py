"""On JAX, too, a trial that follows another of its shape compiles nothing and starts over."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(900)  # JAX takes its time to compile on a slow processor

ROOT = Path(__file__).parents[3]
PROGRAM = """
import json, sys
from pathlib import Path
from sweepbox.detection.core.backends import Backend
from sweepbox.detection.data.dataset.prepared import open_dataset
from sweepbox.detection.runner import RunSettings
from tests.tiny import tiny_config
from sweepbox.tuning.trial.compiled_runs import CompiledRunCache
from sweepbox.tuning.trial.process import prepare_process

prepare_process(cpus=1, gpus=0, backend=Backend.JAX)
dataset = open_dataset(Path(sys.argv[1]))

def settings(*edits):
    config = tiny_config(*edits)
    return RunSettings(config, dataset.train, dataset.validation, dataset.label_map, Path("unused"))

def trial(cache, *edits):
    run = cache.run_for(settings(*edits))
    before = run.traces if cache.reused else 0
    losses = run.advance(3).losses | {"validation": run.evaluate()["loss/total"]}
    run.close()
    return {"reused": cache.reused, "traced": run.traces - before, **losses}

changes = ("learning_rate=0.0015", "focal_gamma=1.5", "l2_weight=0.001",
           "train_config.gradient_clipping_by_norm=1")
cache = CompiledRunCache()
print(json.dumps([trial(cache), trial(cache, *changes), trial(cache)]))
"""


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_the_next_trial_on_jax_traces_nothing_and_starts_over(
    records: Path, jax_environment: dict[str, str]
) -> None:
    environment = os.environ | jax_environment | {"KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM, str(records)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, second, again = json.loads(done.stdout.splitlines()[-1])
    assert (first["reused"], first["traced"]) == (False, 2)
    assert (second["reused"], second["traced"]) == (True, 0)
    assert (again["reused"], again["traced"]) == (True, 0)
    for name in ("localization", "classification", "regularization", "total", "validation"):
        assert again[name] == pytest.approx(first[name], rel=1e-5), name
        assert second[name] != pytest.approx(first[name], rel=1e-5), name
