"""The files that start clusters fit their readers' schemas, and the Slurm script runs a sweep on two nodes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema
import pytest
import ray
import yaml

from sweepbox.tuning.sweep.reader import load_sweep

ROOT = Path(__file__).parents[3]
FILES = ROOT / "experiments" / "cluster"
KUBERAY = ROOT.parent / "shared" / "schemas" / "kuberay" / "ray.io_rayjobs.yaml"
SRUN = f"""#!{sys.executable}
import signal, subprocess, sys
import psutil

command = list(sys.argv[1:])
while command[0].startswith("--"):
    command.pop(0)
process = subprocess.Popen(command)

def end(*_):
    for member in [*psutil.Process(process.pid).children(recursive=True), process]:
        member.kill()

signal.signal(signal.SIGTERM, end)
sys.exit(process.wait())
"""
"""Runs a command of a job here, on whatever node it is meant for, and ends all its processes as Slurm does."""
SCONTROL = "#!/bin/sh\necho one\necho two\n"


def closed(schema: Any) -> Any:
    """Return a schema that allows no key it does not name, as Kubernetes can be asked to."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    is_object = isinstance(schema.get("properties"), dict) and schema.get("type") == "object"
    if is_object and not schema.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    return made


@pytest.mark.parametrize("name", ["aws", "gcp"])
def test_cluster_launcher_files_fit_rays_schema(name: str) -> None:
    schema = json.loads((Path(ray.__file__).parent / "autoscaler" / "ray-schema.json").read_text())
    content = yaml.safe_load((FILES / f"{name}.yaml").read_text())
    jsonschema.validate(content, schema)
    assert content["head_node_type"] in content["available_node_types"]


def test_the_ray_job_fits_the_schema_of_kuberay() -> None:
    if not KUBERAY.is_file():
        pytest.skip(f"{KUBERAY} is not there")
    definition = yaml.safe_load(KUBERAY.read_text())
    [version] = [item for item in definition["spec"]["versions"] if item["name"] == "v1"]
    schema = closed(version["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = {"type": "object"}
    content = yaml.safe_load((FILES / "kuberay.yaml").read_text())
    jsonschema.validate(content, schema)
    content["spec"]["rayClusterSpec"]["authOption"] = {}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, schema)


@pytest.mark.cluster
@pytest.mark.timeout(600)
def test_the_slurm_script_runs_a_sweep_on_two_nodes_and_resumes_it(
    write_spec: Callable[..., Path], tmp_path: Path
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, text in (("srun", SRUN), ("scontrol", SCONTROL)):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    spec = write_spec(trials=2, training={"steps": 2, "evaluate_every": 2})
    out = tmp_path / "run"
    with TemporaryDirectory(dir="/tmp") as temporary:
        environment = os.environ | {
            "PATH": f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "SLURM_JOB_NODELIST": "two-nodes",
            "SLURM_JOB_ID": "7421",
            "SLURM_CPUS_PER_TASK": "1",
            "SLURM_GPUS_ON_NODE": "0",
            "TMPDIR": temporary,
        }
        for trials in (2, 3):
            done = subprocess.run(
                [FILES / "slurm.sh", spec, "--out", out, "--trials", str(trials)],
                env=environment,
                capture_output=True,
                text=True,
                timeout=280,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            assert "a sweep can run here" in done.stdout
            state = load_sweep(out)
            assert state.is_complete
            assert state.ended == trials
    assert "2 trials at a time" in (out / "log.txt").read_text()
