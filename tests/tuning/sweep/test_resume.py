from collections.abc import Callable
from pathlib import Path

import pytest

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import load_sweep
from sweepbox.tuning.sweep.resume import resume_sweep

Write = Callable[..., Path]


@pytest.fixture
def begun(write_spec: Write, tmp_path: Path) -> SweepFolder:
    return create_sweep(SweepRequest(write_spec(), out=tmp_path / "run"))


def test_the_same_file_goes_on_with_more_room(begun: SweepFolder, write_spec: Write) -> None:
    request = SweepRequest(write_spec(keep_checkpoints=5), out=begun.path, trials=9, time_budget="1h")
    folder = resume_sweep(request)
    spec = load_spec(folder.spec)
    assert (spec.trials, spec.time_budget, spec.keep_checkpoints) == (9, "1h", 5)
    assert spec.base_config == "base.config"


def test_the_folders_own_file_goes_on_too(begun: SweepFolder) -> None:
    before = load_spec(begun.spec)
    assert resume_sweep(SweepRequest(begun.spec, out=begun.path)) == begun
    assert load_spec(begun.spec) == before


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": 6}, "seed"),
        ({"objective": {"metric": "mAP"}}, "objective"),
        ({"space": {"focal_gamma": {"uniform": [1.0, 3.0]}}}, "space"),
        ({"training": {"steps": 8, "evaluate_every": 2}}, r"training, .*num_steps"),
    ],
)
def test_another_search_is_refused(
    begun: SweepFolder, write_spec: Write, changes: dict[str, object], named: str
) -> None:
    with pytest.raises(SweepError, match=rf"asks for another search than .*{named}.*resume with"):
        resume_sweep(SweepRequest(write_spec(**changes), out=begun.path))


def test_a_changed_base_config_is_refused(begun: SweepFolder, write_spec: Write, tmp_path: Path) -> None:
    path = write_spec()
    original = Path(load_spec(path).base_config).read_text()
    (tmp_path / "changed.config").write_text(original.replace("anchor_scale: 3.0", "anchor_scale: 4.0"))
    path.write_text(path.read_text().replace(load_spec(path).base_config, "changed.config"))
    with pytest.raises(SweepError, match=r"base_config: .*anchor_scale"):
        resume_sweep(SweepRequest(path, out=begun.path))


def test_a_field_of_the_sweep_file_that_is_damaged_is_named_with_the_file(begun: SweepFolder) -> None:
    begun.spec.write_text(begun.spec.read_text().replace("feature_extractor.type", "feature_extractor>type"))
    with pytest.raises(SweepError, match=r"sweep\.yaml: set: .*feature_extractor>type"):
        resume_sweep(SweepRequest(begun.spec, out=begun.path))


def test_fewer_trials_than_there_are_is_refused(begun: SweepFolder, write_spec: Write) -> None:
    book = TrialManager(begun, load_spec(begun.spec))
    book.next_trial()
    book.next_trial()
    with pytest.raises(SweepError, match="--trials 1: the sweep has 2 trials; give at least that"):
        resume_sweep(SweepRequest(write_spec(), out=begun.path, trials=1))


def test_where_no_sweep_is_there_is_nothing_to_resume(write_spec: Write, tmp_path: Path) -> None:
    with pytest.raises(SweepError, match="no sweep here"):
        resume_sweep(SweepRequest(write_spec(), out=tmp_path / "nowhere"))


def test_a_sweep_begun_with_searcher_is_resumed_with_sampler(begun: SweepFolder, write_spec: Write) -> None:
    stored = load_spec(begun.spec)
    begun.spec.write_text(begun.spec.read_text().replace("sampler:", "searcher:"))
    resume_sweep(SweepRequest(write_spec(), out=begun.path))
    assert load_spec(begun.spec) == stored
    assert "searcher" not in begun.spec.read_text()
    path = write_spec()
    path.write_text(path.read_text().replace("sampler:", "searcher:"))
    assert resume_sweep(SweepRequest(path, out=begun.path)) == begun


def test_the_defaults_of_a_sampler_are_kept_with_the_sweep(write_spec: Write, tmp_path: Path) -> None:
    request = SweepRequest(write_spec(sampler={"type": "tpe"}), out=tmp_path / "run")
    folder = create_sweep(request)
    assert load_spec(folder.spec).sampler.options == {"startup_trials": 8}
    assert resume_sweep(request) == folder
    with pytest.raises(SweepError, match=r"asks for another search than .*\(sampler\)"):
        resume_sweep(SweepRequest(write_spec(sampler={"type": "random"}), out=folder.path))


def test_a_sampler_that_is_not_known_is_refused_with_the_file(write_spec: Write, begun: SweepFolder) -> None:
    bad = write_spec(sampler={"type": "tpe", "startup": 3})
    expected = r"sweep.yaml: sampler.startup: unknown key; did you mean 'startup_trials'\?"
    with pytest.raises(SweepError, match=expected):
        resume_sweep(SweepRequest(bad, out=begun.path))
    with pytest.raises(SweepError, match=expected):
        create_sweep(SweepRequest(bad, out=begun.path.with_name("other")))


def test_a_sweep_that_has_ended_is_extended_as_if_it_had_been_longer_at_once(
    write_spec: Write, tmp_path: Path, live: Callable[..., None]
) -> None:
    random = {"sampler": {"type": "random"}}
    folder = create_sweep(SweepRequest(write_spec(trials=2, **random), out=tmp_path / "run"))
    longer = create_sweep(SweepRequest(write_spec(trials=4, **random), out=tmp_path / "longer"))
    assert run_all(folder, live) == ["0000", "0001"]
    assert load_sweep(folder.path).is_complete
    resume_sweep(SweepRequest(folder.spec, out=folder.path, trials=4))
    assert not load_sweep(folder.path).is_complete
    assert run_all(folder, live) == ["0002", "0003"]
    assert load_sweep(folder.path).is_complete
    run_all(longer, live)
    parameters = [
        [trial.status.parameters for trial in load_sweep(sweep.path).trials] for sweep in (folder, longer)
    ]
    assert parameters[0] == parameters[1]


def run_all(folder: SweepFolder, live: Callable[..., None]) -> list[str]:
    """Let all trials that are left finish, and return their ids."""
    manager = TrialManager(folder, load_spec(folder.spec))
    ran = []
    while (trial := manager.next_trial()) is not None:
        live(folder, trial, [0.1, 0.2, 0.3], TrialState.FINISHED)
        manager.close(trial)
        ran.append(trial)
    return ran
