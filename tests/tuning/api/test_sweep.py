"""`sb.Sweep` on folders with records of trials; `tests/test_public_names.py` runs whole sweeps."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sweepbox as sb
from sweepbox.detection.core.errors import ModelError, SweepError, UsageError
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.manager import TrialManager

ROOT = Path(__file__).parents[3]
CONFIG = ROOT / "experiments" / "configs" / "quickstart.config"


def test_a_spec_object_makes_the_same_sweep_as_the_file(
    write_spec: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_file = create_sweep(SweepRequest(write_spec(), out=tmp_path / "a" / "run"))
    spec = load_spec(tmp_path / "sweep.yaml")
    monkeypatch.chdir(tmp_path)
    of_object = create_sweep(SweepRequest(spec, out=tmp_path / "b" / "run"))
    assert of_object.spec.read_text() == of_file.spec.read_text()


def test_paths_of_a_spec_object_start_at_the_working_directory(
    records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pipeline.config").write_text(CONFIG.read_text())
    monkeypatch.chdir(tmp_path)
    spec = sb.SweepSpec(
        name="mine",
        base_config=Path("pipeline.config"),
        data=records,
        space={"learning_rate": sb.log_uniform(1e-4, 1e-2)},
    )
    folder = create_sweep(SweepRequest(spec))
    assert folder.path == Path("runs/mine")
    stored = load_spec(folder.spec)
    assert (folder.path / str(stored.data)).resolve() == records.resolve()
    assert stored.base_config == "base.config"


def test_a_missing_config_of_a_spec_object_is_named(records: Path) -> None:
    spec = sb.SweepSpec(name="mine", base_config="nowhere.config", space={"momentum": sb.uniform(0.5, 0.9)})
    with pytest.raises(SweepError, match=r"sweep 'mine': base_config: .*nowhere\.config is not there"):
        sb.Sweep(spec, data=records).run()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sb.uniform(2, 1), r"Distribution: uniform \[2\.0, 1\.0\] must rise"),
        (lambda: sb.log_uniform(0, 1), r"Distribution: log_uniform .* must be above 0"),
        (lambda: sb.integer(1, 4, step=0), r"Distribution: step: "),
        (lambda: sb.choice([1, 1]), r"Distribution: choice .* lists a value twice"),
        (lambda: sb.Resources(cpus=2), r"Resources: cpus: unknown key; did you mean 'cpu'\?"),
        (lambda: sb.SweepSpec(name="a", base_config="b"), r"SweepSpec: there is nothing to search"),
    ],
)
def test_wrong_arguments_raise_one_clear_line(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(SweepError, match=message) as caught:
        make()
    assert len(str(caught.value).splitlines()) == 1


def test_trials_are_a_sequence_with_ids(sweep: Callable[..., SweepFolder], live: Callable[..., None]) -> None:
    folder = sweep()
    manager = TrialManager(folder, load_spec(folder.spec))
    for _ in range(2):
        manager.next_trial()
    live(folder, "0000", [0.1, 0.3], TrialState.FINISHED)
    opened = sb.Sweep.open(str(folder.path))
    trials = opened.trials
    assert [trial.id for trial in trials] == ["0000", "0001"]
    assert trials[0] == trials["0000"] == trials[:1][0]
    with pytest.raises(SweepError, match="no trial 7; give one of 0000, 0001"):
        trials["7"]
    assert trials.to_pandas()["metrics.mAP"].tolist() == [0.1, 0.3]
    assert opened.best is not None
    assert opened.best.value == 0.7
    assert repr(trials) == "Trials(tiny: 0000 finished, 0001 pending)"


def test_without_pandas_the_extra_is_named(
    sweep: Callable[..., SweepFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    trials = sb.Sweep.open(sweep().path).trials
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"pip install 'sweepbox\[pandas\]'"):
        trials.to_pandas()


def test_what_cannot_be_exported_is_told(sweep: Callable[..., SweepFolder], tmp_path: Path) -> None:
    folder = sweep()
    with pytest.raises(SweepError, match="no checkpoint yet"):
        sb.Sweep.open(folder.path).export(tmp_path / "out")
    with pytest.raises(ModelError, match="there is no such folder"):
        sb.export(str(tmp_path / "nowhere"), tmp_path / "out")
    with pytest.raises(UsageError, match="format 'onyx': there is no such format"):
        sb.export(folder.path, tmp_path / "out", format="onyx")  # type: ignore[call-overload]  # is refused
    with pytest.raises(UsageError, match="input type 'bytes' does not exist; use one of image_tensor"):
        sb.export(folder.path, tmp_path / "out", input_type="bytes")
    with pytest.raises(UsageError, match="a checkpoint takes no input"):
        sb.export(folder.path, tmp_path / "out", format="checkpoint", input_type="tf_example")


def test_no_sweep_to_open(tmp_path: Path) -> None:
    with pytest.raises(SweepError, match="no sweep here"):
        sb.Sweep.open(tmp_path)
    with pytest.raises(SweepError, match="no sweep here"):
        _ = sb.Sweep(
            sb.SweepSpec(name="new", base_config=CONFIG, space={"momentum": sb.uniform(0.5, 0.9)}),
            out=tmp_path / "new",
        ).state
