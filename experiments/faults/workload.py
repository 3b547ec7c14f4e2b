"""The sweep into which faults are injected: tiny trials that compute the same numbers in every process."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
TRIALS, STEPS, EVERY = 6, 40, 2
"""Trial 0001 diverges: its loss is NaN, and it ends as failed."""
SIZE = 64
DIVERGING = 1e30
"""A learning rate with which the loss is not finite after few steps."""


def spec(seed: int, *, trials: int = TRIALS, steps: int = STEPS) -> dict[str, Any]:
    """Return the content of the sweep file."""
    from tests.tiny import QUICKSTART, TINY

    resizer = "model.ssd.image_resizer.fixed_shape_resizer"
    return {
        "name": "faults",
        "base_config": str(QUICKSTART),
        "data": "records",
        "set": {**TINY, f"{resizer}.height": SIZE, f"{resizer}.width": SIZE},
        "space": {"learning_rate": {"log_uniform": [1e-4, 1e-2]}},
        "start_from": ["points.yaml"],
        "objective": {"metric": "mAP@.50"},
        "sampler": {"type": "random"},
        "scheduler": {"type": "none"},
        "trials": trials,
        "training": {"steps": steps, "evaluate_every": EVERY},
        "max_concurrent": 2,
        "keep_checkpoints": 2,
        "backend": "jax",
        "seed": seed,
    }


def environment(work: Path) -> dict[str, str]:
    """Return the environment of the sweeps' processes: JAX, which keeps compiled programs on the disk."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_cpu_multi_thread_eigen=false",
        "JAX_COMPILATION_CACHE_DIR": str(work / "programs"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "RAY_worker_niceness": "0",  # Ray would let all other programs run first
        "OMP_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
    }


def reference(work: Path, seed: int, **sizes: int) -> Path:
    """Return the folder of a sweep of this seed that nothing disturbed, with its data; it is made once.

    Its records have their decoded images beside them, which copies of the folder bring along.
    """
    content = spec(seed, **sizes)
    home = work / f"reference-{seed}-{content['trials']}-{content['training']['steps']}"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        _make_home(home, content)
        command = [sys.executable, "-m", "sweepbox.scripts.sweep", str(home / "sweep.yaml")]
        variables = {**environment(work), "HOME": str(home)}
        ended = subprocess.run(
            [*command, "--out", str(home / "run")],
            cwd=ROOT,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            raise RuntimeError(f"the undisturbed sweep fails: {ended.stdout}{ended.stderr}")
        (home / "complete").touch()
    return home


def _make_home(home: Path, content: dict[str, Any]) -> None:
    from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
    from sweepbox.detection.data.sample import draw_sample

    home.mkdir(parents=True)
    draw_sample(home / "scenes", images=12, size=96, seed=3)
    prepare(
        home / "scenes", home / "records", PrepareSettings(validation_fraction=0.3, test_fraction=0, seed=1)
    )
    shutil.rmtree(home / "scenes")
    (home / "points.yaml").write_text(yaml.safe_dump([{"learning_rate": DIVERGING}]))
    (home / "sweep.yaml").write_text(yaml.safe_dump(content))


def copy_home(reference_home: Path, home: Path) -> None:
    """Copy the sweep file, the records and their decoded images to a new folder."""
    home.mkdir(parents=True)
    for name in ("points.yaml", "sweep.yaml"):
        shutil.copy(reference_home / name, home / name)
    shutil.copytree(reference_home / "records", home / "records")


def evaluations(run: Path, trial: str) -> list[dict[str, Any]]:
    """Return the evaluations in a trial's folder."""
    path = run / "trials" / trial / "metrics.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
