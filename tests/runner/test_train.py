import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detection.checkpoint.arrays import load_arrays
from detection.checkpoint.folder import read_facts
from detection.config.load import load_config, save_config
from detection.core.errors import UsageError
from detection.runner import RunSettings, train
from detection.runner.loop import Report
from detection.training.log import read_metrics
from detection.training.reports import EvaluationReport, StepReport

SettingsOf = Callable[..., RunSettings]
ROOT = Path(__file__).parents[2]


def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(settings_of: SettingsOf) -> None:
    whole = settings_of(directory="whole", evaluate_every=4, metric="loss/total")
    result = train(whole)
    assert result.step == 12

    def interrupt(report: Report) -> None:
        if isinstance(report, StepReport) and report.step == 6:
            os.kill(os.getpid(), signal.SIGINT)

    broken = replace(whole, directory=whole.directory.with_name("broken"))
    with pytest.raises(KeyboardInterrupt):
        train(broken, progress=interrupt)
    assert read_facts(broken.directory / "last").step == 6
    resumed = train(broken, resume=True)

    assert resumed.metrics == pytest.approx(result.metrics, rel=1e-4, abs=1e-6)
    assert resumed.best_step == result.best_step
    arrays = [load_arrays(settings.directory / "last" / "weights.npz") for settings in (whole, broken)]
    for path, array in arrays[0].items():
        np.testing.assert_allclose(array, arrays[1][path], rtol=1e-6, atol=1e-6, err_msg=path)
    lines = [read_metrics(settings.directory / "metrics.jsonl") for settings in (whole, broken)]
    assert [line["step"] for line in lines[1]] == [line["step"] for line in lines[0]] == [4, 8, 12]


def test_the_folder_of_a_run(settings_of: SettingsOf) -> None:
    settings = settings_of("num_steps=4", evaluate_every=2, metric="loss/total")
    reports: list[Report] = []
    result = train(settings, progress=reports.append)
    names = {path.name for path in settings.directory.iterdir()}
    assert names == {"pipeline.config", "label_map.pbtxt", "best", "last", "metrics.jsonl", "tensorboard"}
    evaluations = [report for report in reports if isinstance(report, EvaluationReport)]
    best = min(evaluations, key=lambda report: report.metrics["loss/total"])
    assert read_facts(settings.directory / "best").metrics == best.metrics == result.best_metrics
    assert load_config(settings.directory / "best" / "pipeline.config") == settings.config
    facts = json.loads((settings.directory / "best" / "metrics.json").read_text())
    assert (facts["seed"], facts["precision"]) == (0, "float32")
    with pytest.raises(UsageError, match=r"is not empty; go on with the run there \(--resume\)"):
        train(settings)
    with pytest.raises(UsageError, match="seed 0, not 1; resume with --seed 0"):
        train(replace(settings, seed=1), resume=True)
    other = settings_of("num_steps=4", "learning_rate=0.001")
    with pytest.raises(UsageError, match="another config"):
        train(other, resume=True)
    assert train(settings, resume=True).step == 4


def test_resuming_nothing_is_refused(settings_of: SettingsOf) -> None:
    with pytest.raises(UsageError, match="holds no run to resume"):
        train(settings_of(directory="absent"), resume=True)


def test_another_process_trains_to_the_same_losses(settings_of: SettingsOf, tmp_path: Path) -> None:
    settings = settings_of("num_steps=2", "warmup_steps=1", directory="here")
    train(settings)
    save_config(settings.config, tmp_path / "tiny.config")
    command = [sys.executable, "-m", "scripts.train", str(tmp_path / "tiny.config")]
    command += [
        "--data",
        str(settings.train_records[0].parent),
        "--out",
        str(tmp_path / "there"),
        "--metric",
        "mAP",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    here, there = (read_metrics(tmp_path / name / "metrics.jsonl")[-1] for name in ("here", "there"))
    assert here["losses"] == pytest.approx(there["losses"], rel=1e-5)
    assert here["metrics"] == pytest.approx(there["metrics"], rel=1e-4, abs=1e-6)
