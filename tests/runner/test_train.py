import json
import os
import pickle
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.checkpoint.arrays import load_arrays
from sweepbox.detection.checkpoint.folder import read_checkpoint_metadata
from sweepbox.detection.checkpoint.weights import weight_arrays
from sweepbox.detection.config.load import load_config, save_config
from sweepbox.detection.core.errors import UsageError
from sweepbox.detection.runner import RunSettings, TrainingRun, TrainResult, train
from sweepbox.detection.runner.length import LengthReport
from sweepbox.detection.runner.loop import Report
from sweepbox.detection.training.log import read_metrics
from sweepbox.detection.training.reports import EvaluationReport, StepReport
from sweepbox.detection.training.schedules import schedule_of_training

pytestmark = pytest.mark.usefixtures("trains_with_shared_run")
SettingsOf = Callable[..., RunSettings]
Uninterrupted = tuple[RunSettings, TrainResult, list[Report]]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def uninterrupted(settings_of: SettingsOf, trains_with_shared_run: None) -> Uninterrupted:
    """A run of 12 steps without an interruption."""
    settings = settings_of(directory="uninterrupted", evaluate_every=4, metric="loss/total")
    reports: list[Report] = []
    return settings, train(settings, progress=reports.append), reports


def test_the_folder_of_a_run(uninterrupted: Uninterrupted) -> None:
    settings, result, reports = uninterrupted
    assert result.step == 12
    names = {path.name for path in settings.directory.iterdir()}
    settings_files = {"pipeline.config", "label_map.pbtxt", "run.json"}
    assert names == {*settings_files, "best", "last", "metrics.jsonl", "tensorboard"}
    evaluations = [report for report in reports if isinstance(report, EvaluationReport)]
    best = min(evaluations, key=lambda report: report.metrics["loss/total"])
    assert read_checkpoint_metadata(settings.directory / "best").metrics == best.metrics == result.best_metrics
    assert load_config(settings.directory / "best" / "pipeline.config") == settings.config
    metadata = json.loads((settings.directory / "best" / "metrics.json").read_text())
    assert (metadata["seed"], metadata["precision"]) == (0, "float32")


def test_a_resumed_run_ends_with_the_result_of_an_uninterrupted_one(uninterrupted: Uninterrupted) -> None:
    settings, result, _ = uninterrupted
    interrupted = replace(settings, directory=settings.directory.with_name("interrupted"))

    def interrupt(report: Report) -> None:
        if isinstance(report, StepReport) and report.step == 6:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(interrupted, progress=interrupt)
    assert read_checkpoint_metadata(interrupted.directory / "last").step == 6
    resumed = train(interrupted, resume=True)

    assert resumed.metrics == pytest.approx(result.metrics, rel=1e-4, abs=1e-6)
    assert resumed.best_step == result.best_step
    arrays = [load_arrays(folder.directory / "last" / "weights.npz") for folder in (settings, interrupted)]
    for path, array in arrays[0].items():
        np.testing.assert_allclose(array, arrays[1][path], rtol=1e-6, atol=1e-6, err_msg=path)
    lines = [read_metrics(folder.directory / "metrics.jsonl") for folder in (settings, interrupted)]
    assert [line["step"] for line in lines[1]] == [line["step"] for line in lines[0]] == [4, 8, 12]


def test_a_finished_run_continues_to_another_length(
    uninterrupted: Uninterrupted, settings_of: SettingsOf, tmp_path: Path
) -> None:
    """It keeps weights, slots and step; the rate is that of a schedule over all 16 steps."""
    settings = replace(uninterrupted[0], directory=tmp_path / "run")
    shutil.copytree(uninterrupted[0].directory, settings.directory)
    longer = replace(settings, config=settings_of("num_steps=16").config)
    schedules = [schedule_of_training(run.config.train_config) for run in (settings, longer)]
    reports: list[Report] = []
    result = train(longer, resume=True, progress=reports.append)
    assert result.step == 16
    (length,) = (report for report in reports if isinstance(report, LengthReport))
    assert (length.step, length.steps_before, length.steps_after) == (12, 12, 16)
    assert (length.rate_before, length.rate_after) == (schedules[0](11), schedules[1](12))
    steps = [report for report in reports if isinstance(report, StepReport)]
    assert [report.step for report in steps] == [13, 14, 15, 16]
    assert [report.learning_rate for report in steps] == [schedules[1](step) for step in range(12, 16)]
    lines = read_metrics(settings.directory / "metrics.jsonl")
    assert [line["step"] for line in lines] == [4, 8, 12, 16]
    assert load_config(settings.directory / "pipeline.config").train_config.num_steps == 16
    assert train(longer, resume=True).step == 16


def test_a_run_starts_from_all_weights_of_a_checkpoint(
    uninterrupted: Uninterrupted, shared_run: TrainingRun, tmp_path: Path
) -> None:
    settings = uninterrupted[0]
    best = settings.directory / "best"
    shared_run.reset(replace(settings, directory=tmp_path, initial_weights=str(best)))
    assert shared_run.step == 0
    saved = load_arrays(best / "weights.npz")
    for path, array in weight_arrays(shared_run.detector.network).items():
        np.testing.assert_array_equal(array, saved[path], err_msg=path)
    assert "checkpoint of Sweepbox" in str(shared_run.initial_weights)


KILLED_IN_AN_EVALUATION = """
import os, pickle, signal, sys
from sweepbox.detection.runner import train
from sweepbox.detection.training.reports import EvaluationReport, ValidationProgress
evaluated = 0

def kill_in_the_second(report):
    global evaluated
    evaluated += isinstance(report, EvaluationReport)
    if evaluated and isinstance(report, ValidationProgress):
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        settings = pickle.load(file)
    train(settings, progress=kill_in_the_second)
"""


@pytest.mark.slow
def test_a_killed_run_loses_at_most_one_evaluation_interval(
    uninterrupted: Uninterrupted, tmp_path: Path
) -> None:
    """The run is killed during the second evaluation, during or after the background write of a checkpoint."""
    settings, result, _ = uninterrupted
    killed = replace(settings, directory=tmp_path / "killed")
    (tmp_path / "settings.pickle").write_bytes(pickle.dumps(killed))
    command = [sys.executable, "-c", KILLED_IN_AN_EVALUATION, str(tmp_path / "settings.pickle")]
    assert subprocess.run(command, cwd=ROOT).returncode == -signal.SIGKILL
    assert read_checkpoint_metadata(killed.directory / "last").step == 4
    assert list(killed.directory.glob(".checkpoint.*.tmp"))
    _assert_equal_lines(killed, settings, lines=1)  # another process trains to the same losses
    resumed = train(killed, resume=True)
    assert resumed.metrics == pytest.approx(result.metrics, rel=1e-4, abs=1e-6)
    assert {path.name for path in killed.directory.iterdir()} == {
        path.name for path in settings.directory.iterdir()
    }


def test_a_full_disk_ends_the_run_and_keeps_the_previous_checkpoints(
    uninterrupted: Uninterrupted, tmp_path: Path
) -> None:
    settings, _, _ = uninterrupted
    full = replace(settings, directory=tmp_path / "full")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(report: Report) -> None:
        if isinstance(report, EvaluationReport):
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))

    try:
        with pytest.raises(OSError, match="File too large"):
            train(full, progress=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [read_checkpoint_metadata(full.directory / name).step for name in ("best", "last")] == [4, 4]
    assert not list(full.directory.glob(".*.tmp"))


@pytest.mark.slow
def test_another_process_trains_to_the_same_losses(uninterrupted: Uninterrupted, tmp_path: Path) -> None:
    settings = uninterrupted[0]
    save_config(settings.config, tmp_path / "tiny.config")
    command = [
        sys.executable,
        "-m",
        "sweepbox.scripts.train",
        str(tmp_path / "tiny.config"),
        "--evaluate-every",
        "4",
    ]
    command += ["--data", str(settings.train_records[0].parent), "--out", str(tmp_path / "run")]
    done = subprocess.run([*command, "--metric", "mAP"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "best checkpoint" in done.stdout
    _assert_equal_lines(replace(settings, directory=tmp_path / "run"), settings, lines=3)


def _assert_equal_lines(first: RunSettings, second: RunSettings, *, lines: int) -> None:
    """Assert that two runs logged the same losses and metrics in `lines` evaluations."""
    logged = [read_metrics(settings.directory / "metrics.jsonl")[:lines] for settings in (first, second)]
    assert len(logged[0]) == lines
    for ours, others in zip(*logged, strict=True):
        assert ours["losses"] == pytest.approx(others["losses"], rel=1e-4)
        assert ours["metrics"] == pytest.approx(others["metrics"], rel=1e-3, abs=1e-5)


def test_a_folder_with_a_run_is_not_overwritten(uninterrupted: Uninterrupted, settings_of: SettingsOf) -> None:
    settings = uninterrupted[0]
    with pytest.raises(UsageError, match=r"is not empty; resume the run there \(--resume\)"):
        train(settings)
    with pytest.raises(UsageError, match="seed 0, not 1; resume with --seed 0"):
        train(replace(settings, seed=1), resume=True)
    with pytest.raises(UsageError, match="another config"):
        train(replace(settings, config=settings_of("learning_rate=0.001").config), resume=True)
    for edits, words in (
        (("num_steps=8",), "num_steps = 8 is below the 12 steps that the run is trained for"),
        (("learning_rate=0.001", "num_steps=24"), "another config .*only num_steps may change"),
        (("warmup_steps=11", "num_steps=24"), "another config .*only num_steps may change"),
    ):
        lengthened = replace(settings, config=settings_of(*edits).config)
        with pytest.raises(UsageError, match=words):
            train(lengthened, resume=True)
    with pytest.raises(UsageError, match=r"metric 'AP' is not reported; choose one of mAP, mAP@\.50"):
        train(replace(settings, metric="AP"), resume=True)
    with pytest.raises(UsageError, match="has no run to resume"):
        train(settings_of(directory="absent"), resume=True)
    assert train(settings, resume=True).step == 12
