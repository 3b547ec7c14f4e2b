import os
import subprocess
import sys
from dataclasses import replace

import pytest

from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.core.backends import Backend
from sweepbox.detection.runner import RunSettings
from sweepbox.tuning.trial.compiled_runs import CompiledRunCache
from sweepbox.tuning.trial.process import gpus_of_process, prepare_process

BATCH_2, BATCH_3, BATCH_4 = (Edit("batch_size", size) for size in (2, 3, 4))


def edited(settings: RunSettings, *edits: Edit) -> RunSettings:
    return replace(settings, config=apply_edits(settings.config, edits))


@pytest.mark.slow
def test_a_program_is_compiled_once_and_two_are_kept(settings: RunSettings) -> None:
    cache = CompiledRunCache()
    first = cache.run_for(edited(settings, BATCH_2, Edit("learning_rate", 0.001)))
    first.advance(1)
    traces = first.traces
    assert not cache.reused

    assert cache.run_for(edited(settings, BATCH_3)) is not first
    assert not cache.reused

    again = cache.run_for(edited(settings, BATCH_2, Edit("learning_rate", 0.002), Edit("focal_gamma", 1.5)))
    assert again is first
    assert cache.reused
    assert again.step == 0

    cache.run_for(edited(settings, BATCH_4))  # takes the place of the one that was used longest ago
    assert not cache.reused
    assert cache.run_for(edited(settings, BATCH_2)) is first
    first.advance(1)
    assert first.traces == traces, "nothing was traced again"
    first.close()


@pytest.mark.slow
def test_a_process_keeps_to_its_share_of_the_machine() -> None:
    code = (
        "import os; from sweepbox.tuning.trial.process import gpus_of_process, prepare_process; "
        "prepare_process(cpus=1, gpus=0); import tensorflow as tf; "
        "tf.linalg.matmul(tf.ones((900, 900)), tf.ones((900, 900))); "
        "names = [open(f'/proc/self/task/{t}/comm').read().strip() for t in os.listdir('/proc/self/task')]; "
        "print(tf.config.list_physical_devices('GPU'), sum(n.startswith('tf_Compute') for n in names))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.stdout.split()[0] == "[]", told.stderr
    assert int(told.stdout.split()[1]) <= 1


def test_threads_follow_the_cpus_and_gpus_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"CUDA_VISIBLE_DEVICES": "1"})
    prepare_process(cpus=4, gpus=0.5)
    assert os.environ["OMP_NUM_THREADS"] == os.environ["TF_NUM_INTRAOP_THREADS"] == "4"
    assert os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"
    prepare_process(cpus=0.5, gpus=0)
    assert os.environ["OMP_NUM_THREADS"] == "1"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "-1"


@pytest.mark.parametrize(
    ("visible", "used"), [("1", "1"), ("0,3", "0,3"), ("-1", None), ("", None), (None, None)]
)
def test_a_process_without_gpus_names_none(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, used: str | None
) -> None:
    monkeypatch.setattr(os, "environ", {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible})
    assert gpus_of_process() == used


@pytest.mark.parametrize(
    ("gpus", "fraction"), [(0.011, "0.0101"), (0.25, "0.2300"), (0.5, "0.4600"), (1, "0.9200"), (2, "0.9200")]
)
def test_jax_keeps_to_its_share_of_a_gpus_memory(
    monkeypatch: pytest.MonkeyPatch, gpus: float, fraction: str
) -> None:
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.setattr("sweepbox.tuning.trial.process.use_backend", lambda _: None)
    prepare_process(cpus=4, gpus=gpus, backend=Backend.JAX)
    assert os.environ["XLA_CLIENT_MEM_FRACTION"] == fraction


@pytest.mark.parametrize("name", ["XLA_CLIENT_MEM_FRACTION", "XLA_PYTHON_CLIENT_MEM_FRACTION"])
def test_a_share_of_memory_that_the_user_has_set_stands(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(os, "environ", {name: "0.3"})
    monkeypatch.setattr("sweepbox.tuning.trial.process.use_backend", lambda _: None)
    prepare_process(cpus=4, gpus=0.5, backend=Backend.JAX)
    assert {key: value for key, value in os.environ.items() if "MEM_FRACTION" in key} == {name: "0.3"}
