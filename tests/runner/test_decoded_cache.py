"""The decoded cache exported for a machine without TFRecords and TensorFlow, and the training there."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.checkpoint.folder import read_checkpoint_metadata
from sweepbox.detection.config.load import save_config
from sweepbox.detection.data.dataset.prepared import open_dataset
from sweepbox.detection.runner import RunSettings, export_decoded_cache
from sweepbox.detection.runner.records import open_records
from tests.tiny import tiny_config

from .exported_run import NEEDED, OF_JAX, OF_KERAS, OF_RICH

pytestmark = pytest.mark.timeout(900)  # JAX takes its time to compile on a slow processor

SettingsOf = Callable[..., RunSettings]
ROOT = Path(__file__).parents[2]


def test_exported_records_are_those_of_the_run(settings_of: SettingsOf, tmp_path: Path) -> None:
    settings = settings_of()
    exported = export_decoded_cache(settings, tmp_path / "exported")
    assert {path.name for path in (tmp_path / "exported").iterdir()} == {
        "train.arrow",
        "validation.arrow",
        "label_map.pbtxt",
    }
    here, there = open_records(settings), open_records(exported)
    assert there.shapes == here.shapes
    for ours, theirs in ((here.train, there.train), (here.validation, there.validation)):
        assert theirs.fingerprint == ours.fingerprint  # so a run can be resumed with either
        for index in range(len(ours)):
            np.testing.assert_array_equal(theirs.image(index), ours.image(index))


@pytest.mark.slow
def test_a_run_trains_from_the_files_alone_without_tensorflow_ray_or_tensorboard(
    records: Path, jax_environment: dict[str, str], tmp_path: Path
) -> None:
    pytest.importorskip("jax")
    dataset = open_dataset(records)
    settings = RunSettings(
        config=tiny_config("num_steps=3", "warmup_steps=1"),
        train_records=dataset.train,
        validation_records=dataset.validation,
        label_map=dataset.label_map,
        directory=tmp_path,
    )
    export_decoded_cache(settings, tmp_path)
    save_config(settings.config, tmp_path / "tiny.config")
    environment = jax_environment | {"KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).with_name("exported_run.py")),
            str(tmp_path),
            str(tmp_path / "run"),
        ],
        cwd=tmp_path,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["step"] == 3
    assert set(said["loaded"]) - OF_KERAS - OF_RICH - OF_JAX == NEEDED
    never_asked_for = {"tensorflow", "ray", "optuna", "lxml", "pydantic", "typer", "pycocotools"}
    assert not never_asked_for & set(said["refused"])
    metadata = read_checkpoint_metadata(tmp_path / "run" / "best")
    assert metadata.step == said["best_step"]
    assert metadata.metrics["loss/total"] > 0
    assert (tmp_path / "run" / "last" / "optimizer.npz").is_file()
    assert not (tmp_path / "run" / "tensorboard").exists()


def test_exported_records_go_with_the_config_that_they_were_made_for(
    settings_of: SettingsOf, tmp_path: Path
) -> None:
    exported = export_decoded_cache(settings_of(), tmp_path)
    wider = settings_of("model.ssd.image_resizer.fixed_shape_resizer.width=640").config
    records = open_records(replace(exported, config=wider))
    assert records.train.sizes.max() == 128  # images that reach neither bound serve both
