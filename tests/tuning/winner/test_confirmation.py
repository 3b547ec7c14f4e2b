"""Finalists, their trials, and the order of choice and test; only training and evaluation are simulated."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from experiments.winner.simulated import detect, draw_scene
from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
from sweepbox.detection.evaluation.image_matches_file import write_matches
from sweepbox.tuning.report.markdown import write_outcome
from sweepbox.tuning.schedule.rule import Action
from sweepbox.tuning.spec.confirm import ConfirmSpec
from sweepbox.tuning.spec.file import load_spec, save_spec
from sweepbox.tuning.storage.dataset import open_unchanged_data
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import Origin, TrialState
from sweepbox.tuning.storage.winner_record import read_winner
from sweepbox.tuning.sweep.reader import best_checkpoint
from sweepbox.tuning.sweep.readiness import check_ready
from sweepbox.tuning.trial.evaluation import TEST_AS_EXPORTED, Part
from sweepbox.tuning.trial.settings import run_settings
from sweepbox.tuning.winner.confirmation import ConfirmationTrials
from sweepbox.tuning.winner.finalists import finalists_of, missing_runs, runs_of, seeds_of
from tests.tuning.winner.confirming import (
    CONFIRM,
    METRICS,
    SEARCH,
    Engine,
    Live,
    confirm,
    manager_of,
    searched_sweep,
    state_of,
)


@pytest.fixture(scope="module")
def three_parts(tmp_path_factory: pytest.TempPathFactory, photographs: Path) -> Path:
    out = tmp_path_factory.mktemp("parts") / "records"
    prepare(photographs, out, PrepareSettings(validation_fraction=0.3, test_fraction=0.2, seed=1))
    return out


@pytest.fixture
def searched(write_spec: Callable[..., Path], tmp_path: Path, live: Live, three_parts: Path) -> SweepFolder:
    """A sweep whose search is over."""
    return searched_sweep(write_spec, tmp_path, live, three_parts)


def test_the_search_does_not_read_the_test_part(searched: SweepFolder) -> None:
    spec = load_spec(searched.spec)
    dataset = open_unchanged_data(searched, spec)
    [test] = dataset.test
    whole = test.read_bytes()
    test.write_bytes(bytes(len(whole)))  # any reading of a record would fail
    try:
        check_ready(searched, spec)
        trial = searched.trial("0000")
        settings = run_settings(searched, trial, spec, load_config(trial.config), dataset, seed=0)
        assert test not in (*settings.train_records, *settings.validation_records)
    finally:
        test.write_bytes(whole)


def test_finalists_are_the_best_configs_and_the_base(searched: SweepFolder) -> None:
    state = state_of(searched)
    assert [item.name for item in finalists_of(state, CONFIRM)] == ["0001", "0002", "0000"]
    assert [item.is_base for item in finalists_of(state, CONFIRM)] == [False, False, True]
    assert [item.name for item in finalists_of(state, ConfirmSpec(top=4, seeds=1))] == [
        "0001", "0002", "0003", "0000",
    ]  # fmt: skip


def test_the_training_of_the_search_counts_where_it_is_whole(searched: SweepFolder) -> None:
    state = state_of(searched)
    early, whole, base = finalists_of(state, CONFIRM)
    seeds = seeds_of(state.spec, CONFIRM)
    assert seeds == (5, 6)
    assert runs_of(early, state, seeds) == {}
    assert [run.id for run in runs_of(whole, state, seeds).values()] == ["0002"]
    assert [run.id for run in runs_of(base, state, seeds).values()] == ["0000"]
    missing = [(run.finalist.name, run.seed) for run in missing_runs(state, CONFIRM)]
    assert missing == [("0001", 5), ("0001", 6), ("0002", 6), ("0000", 6)]


def test_checkpoints_that_a_confirmation_needs_are_kept(searched: SweepFolder) -> None:
    kept = {name for name in SEARCH if searched.trial(name).best.is_dir()}
    assert kept == {"0000", "0001", "0002"}


def test_the_trials_are_those_of_the_finalists_and_no_part_of_the_search(searched: SweepFolder) -> None:
    before = manager_of(searched)
    suggested = before._study.suggest().parameters
    trials = ConfirmationTrials(manager_of(searched), CONFIRM)
    assert len(trials) == 4
    state = state_of(searched)
    made = [trial for trial in state.trials if trial.status.is_confirmation]
    assert [(trial.id, trial.status.seed) for trial in made] == [
        ("0004", 5), ("0005", 6), ("0006", 6), ("0007", 6),
    ]  # fmt: skip
    for trial, source in zip(made, ("0001", "0001", "0002", "0000"), strict=True):
        assert load_config(searched.trial(trial.id).config) == load_config(searched.trial(source).config)
        assert trial.status.origin is Origin.CONFIRMED
        assert trial.status.parameters == state.trial(source).status.parameters
        assert trial.changes == state.trial(source).changes
    assert (state.population, state.is_searched, state.is_complete) == (4, True, False)
    manager = manager_of(searched)
    assert manager.next_trial() is None
    assert manager._study.suggest().parameters.keys() == suggested.keys()
    assert manager._study._suggestions.trial(5).params == {}


def test_a_killed_confirmation_goes_on_with_the_trials_that_have_not_ended(
    searched: SweepFolder, live: Live
) -> None:
    trials = ConfirmationTrials(manager_of(searched), CONFIRM)
    first = trials.next_trial()
    assert first == "0004"
    live(searched, first, [0.1, 0.2, 0.3], TrialState.FINISHED)
    assert trials.report(first, state_of(searched).trial(first).evaluations[0]) is Action.CONTINUE
    trials.close(first)
    second = trials.next_trial()
    live(searched, str(second), [0.1], TrialState.RUNNING)  # the process is killed here
    again = ConfirmationTrials(manager_of(searched), CONFIRM)
    assert [again.next_trial() for _ in range(4)] == ["0005", "0006", "0007", None]


def test_the_choice_is_written_before_the_test_part_is_read(searched: SweepFolder, live: Live) -> None:
    engine = Engine(searched, live)
    content = confirm(engine)
    assert engine.trained == ["0004", "0005", "0006", "0007"]
    assert [part for part, _ in engine.evaluated] == ["validation", "tune", "test"]
    frozen = engine.at_test
    assert frozen is not None
    assert frozen["post_processing"]["of"] == frozen["trial"]
    assert (frozen["test"], frozen["confirmation"]["complete"]) == (None, False)
    assert frozen["verdict"].startswith("validation only")
    assert len(frozen["test_looks"]) == 1
    changed = {key for key in content if content[key] != frozen[key]}
    assert changed <= {"test", "seeds", "against_base", "verdict", "flattery", "confirmation"}
    assert content["trial"] == frozen["trial"]


def test_the_record_of_a_confirmed_winner(searched: SweepFolder, live: Live) -> None:
    content = confirm(Engine(searched, live))
    assert content["confirmation"]["winner"] == "0001"
    assert (content["trial"], content["seed"], content["origin"]) == ("0005", 6, "confirmed")
    assert content["checkpoint"] == "trials/0005/best"
    assert content["validation"]["value"] == pytest.approx(0.62)
    assert content["validation"]["mean"] == pytest.approx(0.61)
    assert content["validation"]["sd"] == pytest.approx(0.02 / 2**0.5)
    assert content["test"]["value"] == content["test"]["mean"] == pytest.approx(0.5)
    assert content["test"]["sd"] == pytest.approx(0)
    assert content["test"]["own_suppression"] is None
    assert [(entry["seed"], entry["trial"]) for entry in content["seeds"]] == [(5, "0004"), (6, "0005")]
    low, high = content["interval"]
    assert low < high
    assert content["against_base"]["base"] == "0000"
    assert content["against_base"]["test"]["images"] == 30
    assert "on the test part" in content["verdict"]
    assert {entry["name"] for entry in content["confirmation"]["finalists"]} == {"0000", "0001", "0002"}
    weights = [entry["trial"] for entry in content["test_looks"][0]["weights"]]
    assert sorted(weights) == ["0000", "0002", "0004", "0005", "0006", "0007"]
    state = state_of(searched)
    assert state.is_complete
    assert state.to_json()["winner"] == content
    assert best_checkpoint(searched.path) == searched.trial("0005").best


def test_the_report_tells_what_the_winner_is_worth(searched: SweepFolder, live: Live) -> None:
    content = confirm(Engine(searched, live))
    write_outcome(state_of(searched))
    assert json.loads(searched.winner.read_text()) == content
    report = searched.report.read_text()
    for text in (
        "Trial 0005",
        "Test: mAP 0.5000",
        "Verdict: on the test part",
        "| 0000 (base) |",
        "flatters by",
    ):
        assert text in report
    assert "4 of 4 trials and 4 that confirm the winner" in report
    assert "look at the test part" not in report


def test_the_figure_of_the_test_is_of_the_model_as_it_is_exported(searched: SweepFolder, live: Live) -> None:
    own = confirm(Engine(searched, live))
    searched.winner.unlink()
    engine = Engine(searched, live, iou_threshold=0.75)
    content = confirm(engine)
    assert engine.evaluated[-2:] == [
        ("test", ("0004", "0005", "0002", "0006", "0000", "0007")),
        (TEST_AS_EXPORTED, ("0004", "0005")),
    ]
    assert len(content["test_looks"]) == 1
    assert content["test"]["value"] == content["test"]["mean"] == pytest.approx(0.55)
    assert content["test"]["metrics"] == {**METRICS, "mAP": pytest.approx(0.55)}
    low, high = content["test"]["interval"]
    assert low < high
    kept = {key: own["test"][key] for key in ("value", "mean", "sd", "interval")}
    assert content["test"]["own_suppression"] == kept
    assert [entry["test"] for entry in content["seeds"]] == [pytest.approx(0.55)] * 2
    for key in ("against_base", "flattery", "verdict", "tie_with"):
        assert content[key] == own[key], "configs are compared with their own suppression"
    assert content["confirmation"]["finalists"] == own["confirmation"]["finalists"]
    report = write_and_read_report(searched)
    assert "Test: mAP 0.5500 of the exported weights" in report
    assert "With the suppression of its config: mAP 0.5000" in report


def write_and_read_report(folder: SweepFolder) -> str:
    write_outcome(state_of(folder))
    return folder.report.read_text()


@pytest.mark.parametrize("stop_at", [Part.TEST, TEST_AS_EXPORTED])
def test_a_test_that_was_interrupted_is_the_same_look(searched: SweepFolder, live: Live, stop_at: str) -> None:
    frozen = confirm(Engine(searched, live, stop_at=stop_at, iou_threshold=0.75))
    assert frozen["test"] is None
    assert not state_of(searched).is_complete
    write_outcome(state_of(searched))
    engine = Engine(searched, live, iou_threshold=0.75)
    content = confirm(engine)
    assert (engine.trained, [part for part, _ in engine.evaluated]) == ([], ["test", TEST_AS_EXPORTED])
    assert content["test"] is not None
    assert content["test_looks"] == frozen["test_looks"]


def test_an_extension_is_a_second_look(searched: SweepFolder, live: Live) -> None:
    first = confirm(Engine(searched, live))
    spec = load_spec(searched.spec)
    save_spec(spec.model_copy(update={"trials": 5}), searched.spec)
    manager = manager_of(searched)
    added = manager.next_trial()
    assert added == "0008"
    live(searched, added, [0.0, 0.1, 0.2], TrialState.FINISHED)
    manager.close(added)
    assert not state_of(searched).is_complete
    write_outcome(state_of(searched))
    between = read_winner(searched)
    assert between is not None
    assert (between.is_frozen, between.test_looks) == (False, first["test_looks"])
    content = confirm(Engine(searched, live))
    assert len(content["test_looks"]) == 2
    write_outcome(state_of(searched))
    assert "This is the second look at the test part" in searched.report.read_text()


def test_without_a_test_part_the_verdict_is_of_validation_only(
    write_spec: Callable[..., Path], tmp_path: Path, live: Live, records: Path
) -> None:
    engine = Engine(searched_sweep(write_spec, tmp_path, live, records), live)
    content = confirm(engine)
    assert [part for part, _ in engine.evaluated] == ["validation", "tune"]
    assert (content["test"], content["test_looks"], content["confirmation"]["complete"]) == (None, [], True)
    assert content["verdict"].startswith("validation only: ")


def test_without_confirm_the_winner_is_the_best_of_the_search(
    write_spec: Callable[..., Path], tmp_path: Path, live: Live, records: Path
) -> None:
    folder = searched_sweep(write_spec, tmp_path, live, records)
    save_spec(load_spec(folder.spec).model_copy(update={"confirm": None}), folder.spec)
    write_outcome(state_of(folder))
    content = json.loads(folder.winner.read_text())
    assert content["trial"] == "0001"
    assert content["verdict"].startswith("validation only")
    assert [content[key] for key in ("test", "interval", "against_base", "post_processing")] == [None] * 4
    scene = draw_scene(np.random.default_rng(0), 20)
    write_matches(folder.trial("0001").matches("validation"), detect(np.random.default_rng(0), scene, 1.0))
    write_outcome(state_of(folder))
    low, high = json.loads(folder.winner.read_text())["interval"]
    assert 0 <= low < high <= 1


def test_a_seed_that_fails_is_listed_and_the_others_are_compared(searched: SweepFolder, live: Live) -> None:
    trials = ConfirmationTrials(manager_of(searched), CONFIRM)
    failing = trials.next_trial()
    trials.close(str(failing), error="the loss is not finite")
    content = confirm(Engine(searched, live))
    [failed] = content["confirmation"]["failed"]
    assert (failed["trial"], failed["name"], failed["state"]) == ("0004", "0001", "failed")
    write_outcome(state_of(searched))
    assert "the loss is not finite" in searched.report.read_text()


@pytest.mark.parametrize(
    ("text", "top", "seeds", "folds"), [("3x2", 3, 2, None), (" 1x10 ", 1, 10, None), ("3x1x5", 3, 1, 5)]
)
def test_the_option_names_configs_seeds_and_folds(text: str, top: int, seeds: int, folds: int | None) -> None:
    assert ConfirmSpec.parse(text) == ConfirmSpec(top=top, seeds=seeds, folds=folds)


@pytest.mark.parametrize(
    "text", ["3", "3x", "x2", "0x2", "3x0", "3 x 2", "-1x2", "999x1", "3x1x1", "3x1x", "3x1x0"]
)
def test_other_forms_of_the_option_are_refused(text: str) -> None:
    with pytest.raises(SweepError, match=r"--confirm|ConfirmSpec"):
        ConfirmSpec.parse(text)


def test_a_damaged_record_is_refused_with_the_remedy(searched: SweepFolder) -> None:
    searched.winner.write_text("{")
    with pytest.raises(SweepError, match=r"winner\.json: damaged .* delete it and resume"):
        state_of(searched)
