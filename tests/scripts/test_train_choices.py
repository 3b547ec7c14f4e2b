"""`sweepbox train --backend` and `--precision auto`: chosen once, and kept to by whatever resumes the run."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.training.log import read_metrics
from tests.tiny import QUICKSTART, TINY

pytestmark = pytest.mark.timeout(900)  # JAX takes its time to compile on a slow processor

ROOT = Path(__file__).parents[2]
EDITS = {**TINY, "num_steps": 24, "warmup_steps": 2}
needs_jax = pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")


def _command(records: Path, out: Path, *options: str) -> list[str]:
    edits = [part for path, value in EDITS.items() for part in ("--set", f"{path}={value}")]
    command = [
        sys.executable,
        "-m",
        "sweepbox.scripts.train",
        str(QUICKSTART),
        "--data",
        str(records),
        "--out",
        str(out),
    ]
    return [*command, *edits, "--evaluate-every", "6", *options]


def _done(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=os.environ | environment, check=False
    )


def _metadata(out: Path) -> dict[str, object]:
    metadata: dict[str, object] = json.loads((out / "run.json").read_text())
    return metadata


def _interrupt_after_the_first_evaluation(command: list[str], out: Path, **environment: str) -> None:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | environment,
    )
    deadline = time.monotonic() + 250
    while not (out / "last").is_dir() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130


@pytest.mark.slow
def test_what_auto_chose_is_kept_by_the_run_that_goes_on(records: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = _command(records, out, "--precision", "auto")
    _interrupt_after_the_first_evaluation(command, out)
    chosen = _metadata(out)["precision"]
    assert chosen in ("float32", "bfloat16")
    resumed = _done([*command, "--resume"])
    assert resumed.returncode == 0, resumed.stderr
    assert "chosen" not in resumed.stdout
    assert "best checkpoint" in resumed.stdout
    assert _metadata(out) == {"seed": 0, "precision": chosen, "backend": "tensorflow"}
    assert json.loads((out / "best" / "metrics.json").read_text())["precision"] == chosen
    again = _done([*command, "--resume", "--seed", "1"])
    assert "the run there has seed 0, not 1; resume with --seed 0" in again.stderr


@pytest.fixture(scope="module")
def jax_run(
    records: Path, jax_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[str]]:
    """A run that was begun on JAX and interrupted: its folder, and the command without the backend."""
    out = tmp_path_factory.mktemp("jax") / "run"
    command = _command(records, out, "--profile")
    _interrupt_after_the_first_evaluation([*command, "--backend", "jax"], out, **jax_environment)
    return out, command


@pytest.mark.slow
@needs_jax
def test_a_run_on_jax_is_profiled_and_goes_on_there(
    jax_run: tuple[Path, list[str]], jax_environment: dict[str, str]
) -> None:
    out, command = jax_run
    assert _metadata(out)["backend"] == "jax"
    refused = _done([*command, "--backend", "tensorflow", "--resume"])
    assert refused.returncode == 2
    assert "the run there has backend jax, not tensorflow; resume with --backend jax" in refused.stderr
    resumed = _done([*command, "--resume"], **jax_environment)
    assert resumed.returncode == 0, resumed.stderr
    assert "forward and backward" in resumed.stdout
    assert [entry["step"] for entry in read_metrics(out / "metrics.jsonl")] == [6, 12, 18, 24]
    assert json.loads((out / "profile" / "trace.json").read_text())["traceEvents"]
    assert list(out.glob("tensorboard/plugins/profile/*/*.xplane.pb"))


PREDICTS = """
import sys
from pathlib import Path
import numpy as np
from sweepbox.detection.checkpoint.weights import load_weights
from sweepbox.detection.config.load import load_config
from sweepbox.detection.model.ssd import build_detector

checkpoint, images = Path(sys.argv[1]), np.load(sys.argv[2])
detector = build_detector(load_config(checkpoint / "pipeline.config").model.ssd)
load_weights(detector.network, checkpoint / "weights.npz")
predictions = detector.network(detector.normalise(images), training=False)
outputs = detector.postprocess(predictions, np.array([images.shape[1:3]], np.int32))
np.savez(sys.argv[3], **{name: np.asarray(value) for name, value in outputs.items()})
"""


@pytest.mark.slow
@needs_jax
def test_the_model_exported_from_a_run_on_jax_detects_what_jax_does(
    jax_run: tuple[Path, list[str]], jax_environment: dict[str, str], tmp_path: Path
) -> None:
    import tensorflow as tf

    from sweepbox.detection.export.saved_model import export_detector

    checkpoint = jax_run[0] / "best"
    images = np.random.default_rng(5).integers(0, 256, (1, 96, 96, 3), np.uint8)
    np.save(tmp_path / "images.npy", images)
    paths = (checkpoint, tmp_path / "images.npy", tmp_path / "outputs.npz")
    done = _done([sys.executable, "-c", PREDICTS, *map(str, paths)], KERAS_BACKEND="jax", **jax_environment)
    assert done.returncode == 0, done.stderr
    model = tf.saved_model.load(str(export_detector(checkpoint, tmp_path / "model").directory / "saved_model"))
    outputs = model(tf.constant(images))
    with np.load(tmp_path / "outputs.npz") as expected:
        for name in ("raw_detection_boxes", "raw_detection_scores", "detection_scores"):
            np.testing.assert_allclose(outputs[name], expected[name], rtol=1e-3, atol=1e-4, err_msg=name)


def test_a_backend_that_is_not_installed_is_named(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['jax'] = None; "
        "from sweepbox.scripts.cli import run; from sweepbox.scripts.train import command; run(command)"
    )
    command = [
        sys.executable,
        "-c",
        program,
        str(QUICKSTART),
        "--out",
        str(tmp_path / "out"),
        "--backend",
        "jax",
    ]
    done = _done(command)
    assert done.returncode == 2
    assert done.stderr == "error: backend jax: it is not installed here; pip install 'sweepbox[jax]'\n"
    assert not (tmp_path / "out").exists()
