"""A tiny sweep on drawn scenes: the quickstart's config at 96 pixels, a few steps."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sweepbox.detection.checkpoint.files import METRICS_FILE
from sweepbox.detection.config.edits import Edit, apply_edits
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.files import write_json
from sweepbox.detection.data.dataset.prepare import open_dataset
from sweepbox.detection.runner import RunSettings
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import (
    Evaluation,
    TrialState,
    read_status,
    write_evaluations,
    write_status,
)
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from tests.earlier_sweeps import without_start
from tests.tiny import QUICKSTART, TINY

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SPEC: dict[str, Any] = {
    "name": "tiny",
    "base_config": str(QUICKSTART),
    "set": TINY,
    "space": {
        "learning_rate": {"log_uniform": [1e-4, 1e-2]},
        "focal_gamma": {"uniform": [1.0, 2.0]},
    },
    "augmentations": {"random_adjust_brightness": {"enabled": True, "max_delta": {"uniform": [0.05, 0.25]}}},
    "objective": {"metric": "loss/total"},
    "sampler": {"type": "tpe", "startup_trials": 2},
    "scheduler": {"type": "none"},
    "trials": 3,
    "seed": 5,
    "training": {"steps": 6, "evaluate_every": 2},
    "keep_checkpoints": 2,
    "prepare": {"validation_fraction": 0.3, "seed": 1},
}


@pytest.fixture
def write_spec(tmp_path: Path, tiny_spec: dict[str, Any]) -> Callable[..., Path]:
    """Return a function that writes a sweep file: the tiny one, with keys replaced."""

    def write(**changes: Any) -> Path:
        path = tmp_path / "sweep.yaml"
        path.write_text(yaml.safe_dump({**tiny_spec, **changes}, sort_keys=False))
        return path

    return write


@pytest.fixture
def sweep(write_spec: Callable[..., Path], tmp_path: Path) -> Callable[..., SweepFolder]:
    """Return a function that begins a sweep in a folder: the tiny one, with keys replaced.

    All its trials are suggested, as in sweeps of earlier versions, which had no `start.json`.
    """

    def begin(**changes: Any) -> SweepFolder:
        folder = create_sweep(SweepRequest(write_spec(**changes), out=tmp_path / "run"))
        without_start(folder)
        return folder

    return begin


@pytest.fixture(scope="session")
def tiny_spec(records: Path) -> dict[str, Any]:
    """The keys of the tiny sweep file."""
    return {**SPEC, "data": str(records)}


@pytest.fixture(scope="session")
def settings(tiny_spec: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> RunSettings:
    """What a training of the tiny sweep's config is made of."""
    dataset = open_dataset(Path(tiny_spec["data"]))
    edits = [*(Edit(path, value) for path, value in tiny_spec["set"].items()), Edit("num_steps", 6)]
    return RunSettings(
        config=apply_edits(load_config(Path(tiny_spec["base_config"])), edits),
        train_records=dataset.train,
        validation_records=dataset.validation,
        label_map=dataset.label_map,
        directory=tmp_path_factory.mktemp("run"),
    )


Live = Callable[[SweepFolder, str, Sequence[float], TrialState], None]


@pytest.fixture(scope="session")
def live_once() -> Live:
    """The same function for fixtures that last longer than a test."""
    return _live


@pytest.fixture
def live() -> Live:
    """Return a function that leaves in a trial's folder what a trial leaves."""
    return _live


def _live(folder: SweepFolder, trial_id: str, values: Sequence[float], state: TrialState) -> None:
    """Leave in a trial's folder what a trial leaves that measured `values` and came to `state`."""
    trial = folder.trial(trial_id)
    status = read_status(trial)
    evaluations = []
    number = status.first_evaluation - 1
    for number, value in enumerate(values, start=status.first_evaluation):
        metrics = {"mAP": value, "loss/total": 1 - value, "AP/with_mask": value, "AP@.50/with_mask": value}
        evaluations.append(
            Evaluation(
                number,
                2 * number,
                1000.0 + 10 * number + int(trial_id),
                4.0,
                metrics,
                evaluation_s=1.0,
                images_per_s=8.0,
                input_wait_fraction=0.25,
            )
        )
    write_evaluations(trial, evaluations)
    if values:
        trial.best.mkdir(exist_ok=True)
        trial.last.mkdir(exist_ok=True)
        saved = {"step": 2 * number, "metrics": {}, "seed": 0, "precision": "float32"}
        write_json(trial.last / METRICS_FILE, saved)
    write_status(trial, replace(status, state=state, step=2 * number, seconds=4.0 * len(values)))


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for sockets, which that of a test is not."""
    with TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """A headless Chromium; the test is skipped where there is none."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip(
            "there is no Chromium: install it (Debian: apt-get install chromium) or name it in CHROMIUM"
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()
