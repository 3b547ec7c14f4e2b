"""Sweep folders of older formats can be read, exported and resumed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from sweepbox.scripts import export, status, sweep
from sweepbox.tuning.storage.metadata import FORMAT, read_metadata
from sweepbox.tuning.storage.opening import open_sweep
from sweepbox.tuning.storage.trial_record import Origin, TrialState
from sweepbox.tuning.sweep.reader import load_sweep

FORMATS = Path(__file__).parent / "formats"
Invoke = Callable[..., Result]


def test_every_older_format_has_its_folder() -> None:
    assert {path.name for path in FORMATS.glob("format_*")} == {f"format_{n}" for n in range(1, FORMAT)}


@pytest.fixture(params=range(1, FORMAT))
def number(request: pytest.FixtureRequest) -> int:
    """The number of an older format."""
    return int(request.param)


@pytest.fixture
def copy(tmp_path: Path, number: int) -> Path:
    """A copy of the folder of that format."""
    return Path(shutil.copytree(FORMATS / f"format_{number}", tmp_path / "run"))


def test_the_state_is_read(copy: Path, number: int) -> None:
    state = load_sweep(copy)
    assert [trial.state for trial in state.trials] == [
        TrialState.FINISHED,
        TrialState.INTERRUPTED,
        TrialState.PENDING,
    ]
    assert [len(trial.evaluations) for trial in state.trials] == [5, 2, 0]
    assert all(trial.status.compile_key for trial in state.trials)
    first = Origin.SAMPLED if number < 3 else Origin.BASE
    assert [trial.status.origin for trial in state.trials] == [first, Origin.SAMPLED, Origin.SAMPLED]
    assert state.best is not None
    assert read_metadata(open_sweep(copy)).format == number


def test_status_answers(copy: Path, invoke: Invoke) -> None:
    result = invoke(status.command, copy, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    assert [trial["evaluations"] for trial in told["trials"]] == [5, 2, 0]


@pytest.mark.slow
def test_it_is_exported(copy: Path, invoke: Invoke, tmp_path: Path) -> None:
    result = invoke(export.command, copy, tmp_path / "model")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "model" / "saved_model" / "saved_model.pb").is_file()


@pytest.mark.slow
def test_it_is_resumed(copy: Path, invoke: Invoke, shared_ray: None) -> None:
    before = load_sweep(copy)
    result = invoke(sweep.command, copy / "sweep.yaml", "--out", copy, "--resume", "--trials", 3)
    assert result.exit_code == 0, result.output
    state = load_sweep(copy)
    assert all(trial.state.has_ended for trial in state.trials)
    assert len(state.trials) == 3
    assert state.trials[0] == before.trials[0], "a trial that had ended is not run again"
    assert state.trials[1].evaluations[:2] == before.trials[1].evaluations, "it resumes from its saved state"
    assert read_metadata(open_sweep(copy)).format == FORMAT
    written = json.loads((copy / "trials" / "0001" / "state.json").read_text())
    assert "compile_key" in written
    assert "program" not in written
