"""Finalists are cross-validated: how images are divided, trained on, joined and recorded."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sweepbox.detection.config.load import load_config
from sweepbox.detection.core.errors import SweepError
from sweepbox.detection.data.dataset.contents import record_contents
from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
from sweepbox.detection.evaluation.image_matches import AREA_RANGES, IOU_THRESHOLDS, ImageMatches
from sweepbox.detection.evaluation.image_matches_file import read_matches
from sweepbox.detection.runner.records import open_records
from sweepbox.tuning.budget.rehearsal import most_confirmations
from sweepbox.tuning.objective.goal import Goal
from sweepbox.tuning.report.markdown import write_outcome
from sweepbox.tuning.spec.confirm import ConfirmSpec
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.dataset import open_unchanged_data
from sweepbox.tuning.storage.division import held_out_of
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import Fold, TrialState, read_status
from sweepbox.tuning.sweep.create import SweepRequest, create_sweep
from sweepbox.tuning.sweep.formatting import origin_text
from sweepbox.tuning.sweep.results_table import results_table
from sweepbox.tuning.sweep.resume import resume_sweep
from sweepbox.tuning.trial.settings import run_settings
from sweepbox.tuning.winner.confirmation import ConfirmationTrials
from sweepbox.tuning.winner.cross_validation import fold_of_image, join_folds, joined_metrics
from sweepbox.tuning.winner.finalists import finalists_of, fold_runs_of, missing_runs
from sweepbox.tuning.winner.resamples import Resamples
from sweepbox.tuning.winner.score import Candidate, bootstrap_score
from tests.tuning.winner.confirming import (
    Engine,
    Live,
    confirm,
    manager_of,
    searched_sweep,
    state_of,
)

FOLDS = ConfirmSpec(top=1, seeds=2, folds=2)


@pytest.fixture(scope="module")
def three_parts(tmp_path_factory: pytest.TempPathFactory, photographs: Path) -> Path:
    out = tmp_path_factory.mktemp("parts") / "records"
    prepare(photographs, out, PrepareSettings(validation_fraction=0.3, test_fraction=0.2, seed=1))
    return out


@pytest.fixture
def searched(write_spec: Callable[..., Path], tmp_path: Path, live: Live, three_parts: Path) -> SweepFolder:
    """A sweep whose search is over."""
    return searched_sweep(write_spec, tmp_path, live, three_parts, spec=FOLDS)


def test_every_image_is_in_one_fold_and_each_seed_divides_anew(
    searched: SweepFolder, write_spec: Callable[..., Path], tmp_path: Path, three_parts: Path
) -> None:
    dataset = open_unchanged_data(searched, load_spec(searched.spec))
    contents = [
        *record_contents(dataset.train, dataset.label_map),
        *record_contents(dataset.validation, dataset.label_map),
    ]
    counts = Counter(name for _, names in contents for name in names)
    rarest = min(counts, key=lambda name: (counts[name], name))
    train = len(list(record_contents(dataset.train, dataset.label_map)))
    divisions = []
    for seed in (5, 6):
        places = [held_out_of(searched, Fold(number, 2), seed).places(range(train)) for number in (1, 2)]
        assert sorted(np.concatenate(places).tolist()) == list(range(len(contents)))
        of_rarest = [sum(rarest in contents[place][1] for place in fold) for fold in places]
        assert max(of_rarest) - min(of_rarest) <= 1
        divisions.append([place.tolist() for place in places])
    assert divisions[0] != divisions[1]
    spec = write_spec(data=str(three_parts), confirm=FOLDS.model_dump())
    again = create_sweep(SweepRequest(spec, out=tmp_path / "again"))
    for seed in (5, 6):
        assert again.division(2, seed).read_bytes() == searched.division(2, seed).read_bytes()


@pytest.mark.parametrize(
    ("folds", "message"),
    [(1, r"confirm\.folds: .*2"), (60, r"confirm\.folds: 60 folds cannot .* choose at most")],
)
def test_wrong_numbers_of_folds_are_refused_before_anything_starts(
    write_spec: Callable[..., Path], tmp_path: Path, folds: int, message: str
) -> None:
    spec = write_spec(confirm={"top": 1, "seeds": 1, "folds": folds})
    with pytest.raises(SweepError, match=message):
        create_sweep(SweepRequest(spec, out=tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_folds_that_come_with_a_resumption_are_checked_and_written(searched: SweepFolder) -> None:
    before = searched.spec.read_bytes()
    with pytest.raises(SweepError, match=r"confirm\.folds: 60 folds"):
        resume_sweep(SweepRequest(searched.spec, out=searched.path, confirm=ConfirmSpec(seeds=1, folds=60)))
    assert searched.spec.read_bytes() == before
    resume_sweep(SweepRequest(searched.spec, out=searched.path, confirm=ConfirmSpec(seeds=1, folds=3)))
    assert searched.division(3, 5).is_file()
    searched.division(3, 5).write_text("{")
    with pytest.raises(SweepError, match=r"3-folds-seed-5\.json: damaged .* delete it and resume"):
        held_out_of(searched, Fold(1, 3), 5)


def test_each_fold_trains_on_all_images_of_the_others(searched: SweepFolder) -> None:
    spec, trial = load_spec(searched.spec), searched.trial("0000")
    dataset = open_unchanged_data(searched, spec)
    validated = []
    for number in (1, 2):
        settings = run_settings(
            searched, trial, spec, load_config(trial.config), dataset, seed=5, fold=Fold(number, 2)
        )
        records = open_records(settings)
        trained = {records.train.name(index) for index in range(len(records.train))}
        assert not trained & {*records.evaluated_names}
        assert len(trained) + len(records.evaluated_names) == 13
        validated.append(records)
    assert len({name for records in validated for name in records.evaluated_names}) == 13
    assert validated[0].shapes[:4] == validated[1].shapes[:4]
    assert validated[0].key != validated[1].key
    assert validated[0].train.fingerprint != validated[1].train.fingerprint


def test_the_trainings_of_folds_are_trials_of_the_sweep_and_resumed(searched: SweepFolder, live: Live) -> None:
    state = state_of(searched)
    wanted = [(run.finalist.name, run.seed, run.fold and run.fold.number) for run in missing_runs(state, FOLDS)]
    assert wanted == [
        ("0001", 5, None), ("0001", 5, 1), ("0000", 5, 1), ("0001", 5, 2), ("0000", 5, 2),
        ("0001", 6, None), ("0000", 6, None), ("0001", 6, 1), ("0000", 6, 1), ("0001", 6, 2), ("0000", 6, 2),
    ]  # fmt: skip
    assert len(wanted) == most_confirmations(state.spec)
    trials = ConfirmationTrials(manager_of(searched), FOLDS)
    first, second = trials.next_trial(), trials.next_trial()
    assert (first, second) == ("0004", "0005")
    live(searched, str(first), [0.1, 0.2, 0.3], TrialState.FINISHED)
    trials.close(str(first))
    live(searched, str(second), [0.1], TrialState.RUNNING)  # the process is killed here
    again = ConfirmationTrials(manager_of(searched), FOLDS)
    assert [again.next_trial() for _ in range(11)] == [f"{number:04d}" for number in range(5, 15)] + [None]
    state = state_of(searched)
    trial = state.trial("0005")
    assert trial.status.fold == Fold(1, 2)
    assert origin_text(trial) == "confirmed seed 5, fold 1 of 2"
    assert trial.to_json()["fold"] == {"number": 1, "count": 2}
    assert (state.population, state.is_searched) == (4, True)
    rows = results_table(state).to_pylist()
    assert {row["fold"] for row in rows if row["trial"] == "0005"} == {"1/2"}
    finalist = finalists_of(state, FOLDS)[0]
    assert {run.id for run in fold_runs_of(finalist, state, FOLDS)[5].values()} == {"0005", "0007"}


def test_the_choice_is_made_by_the_images_of_all_folds(searched: SweepFolder, live: Live) -> None:
    engine = Engine(searched, live)
    content = confirm(engine, FOLDS)
    (_, evaluated), _, (_, tested) = engine.evaluated
    folds = Counter(read_status(searched.trial(name)).fold for name in evaluated)
    assert folds == {None: 4, Fold(1, 2): 4, Fold(2, 2): 4}
    assert {read_status(searched.trial(name)).fold for name in tested} == {None}
    assert content["confirmation"]["folds"] == 2
    finalists = {entry["name"]: entry for entry in content["confirmation"]["finalists"]}
    scores, goal = {}, Goal.metric("mAP")
    for name, entry in finalists.items():
        parts = {
            found["seed"]: [
                read_matches(searched.trial(fold["trial"]).matches("validation")) for fold in found["folds"]
            ]
            for found in entry["folds"]
        }
        joined = {seed: ImageMatches.joined(found).by_name() for seed, found in parts.items()}
        folds_of = {seed: fold_of_image(found, joined[seed]) for seed, found in parts.items()}
        resamples = next(iter(scores.values())).resamples if scores else Resamples.draw(joined[5], seed=5)
        scores[name] = bootstrap_score(Candidate(name, joined, folds_of), goal, resamples)
        assert {found["seed"]: found["value"] for found in entry["folds"]} == pytest.approx(
            scores[name].by_seed
        )
        assert entry["validation"]["mean"] == pytest.approx(scores[name].value)
        interval = scores[name].interval()
        assert entry["interval"] == pytest.approx([interval.low, interval.high])
    winner = finalists[content["confirmation"]["winner"]]
    assert (content["folds"], content["interval"]) == (winner["folds"], winner["interval"])
    assert content["interval_method"] == "bootstrap over the images of all folds, jackknife over folds"
    assert content["against_base"]["validation"]["images"] == 30
    assert content["validation"]["mean"] == winner["validation"]["mean"]


def test_the_exported_weights_are_of_a_training_without_folds(searched: SweepFolder, live: Live) -> None:
    content = confirm(Engine(searched, live), FOLDS)
    assert read_status(searched.trial(content["trial"])).fold is None
    assert content["trial"] in [entry["trial"] for entry in content["seeds"]]
    assert content["validation"]["value"] == max(entry["validation"] for entry in content["seeds"])
    assert {weights["trial"] for weights in content["test_looks"][0]["weights"]} == {
        entry["trial"] for finalist in content["confirmation"]["finalists"] for entry in finalist["seeds"]
    }
    state = state_of(searched)
    assert state.is_complete
    assert state.to_json()["winner"]["folds"] == content["folds"]
    write_outcome(state)
    assert json.loads(searched.winner.read_text()) == content
    report = searched.report.read_text()
    for text in (
        "2-fold cross-validation",
        "over the seeds 5, 6",
        "| all folds | fold 1 | fold 2 |",
        "seed 5, fold 2 of 2",
    ):
        assert text in report, text


def test_a_cross_validation_with_a_failed_fold_does_not_count(searched: SweepFolder, live: Live) -> None:
    trials = ConfirmationTrials(manager_of(searched), FOLDS)
    waiting = [trials.next_trial() for _ in range(3)]
    assert read_status(searched.trial(str(waiting[1]))).fold == Fold(1, 2)
    trials.close(str(waiting[1]), error="the loss is not finite")
    content = confirm(Engine(searched, live), FOLDS)
    [failed] = content["confirmation"]["failed"]
    assert (failed["trial"], failed["name"], failed["seed"], failed["fold"]) == ("0005", "0001", 5, 1)
    seeds = {
        entry["name"]: [found["seed"] for found in entry["folds"]]
        for entry in content["confirmation"]["finalists"]
    }
    assert seeds == {"0001": [6], "0000": [5, 6]}
    write_outcome(state_of(searched))
    assert "0001, seed 5, fold 1 (trial 0005): the loss is not finite" in searched.report.read_text()


def matches_of(name: str, scores: list[float], hits: list[bool]) -> ImageMatches:
    """Return the matches of one image with one object of one class."""
    flags = np.broadcast_to(np.array(hits, np.bool_), (len(AREA_RANGES), len(IOU_THRESHOLDS), len(hits)))
    zeros = np.zeros(len(hits), np.int64)
    objects = np.ones((len(AREA_RANGES), 1, 1), np.int64)
    return ImageMatches(
        ("face",), (name,), objects, zeros, zeros, np.array(scores), flags, np.zeros_like(flags)
    )


def test_the_precision_over_all_folds_is_not_the_mean_over_folds() -> None:
    """By score: a miss (0.95), a hit (0.9), a hit (0.8); the best precision is 2/3 at every recall."""
    parts = [matches_of("a", [0.9], [True]), matches_of("b", [0.95, 0.8], [False, True])]
    alone = [joined_metrics(part, [{"AP/face": 0.0}])["AP/face"] for part in parts]
    assert alone == pytest.approx([1.0, 0.5])
    of_folds = [{"AP/face": 1.0, "loss/total": 1.0}, {"AP/face": 0.5, "loss/total": 2.0}]
    found = joined_metrics(join_folds(parts), of_folds)
    assert found == {"AP/face": pytest.approx(2 / 3), "loss/total": 1.5}
    assert joined_metrics(join_folds(parts[::-1]), of_folds) == found


def test_a_metric_that_only_some_folds_have_is_computed_from_all() -> None:
    parts = [matches_of("a", [0.9], [True]), matches_of("b", [], [])]
    parts[1] = replace(parts[1], num_objects=np.zeros_like(parts[1].num_objects))
    assert joined_metrics(join_folds(parts), [{"AP/face": 1.0}, {}]) == {"AP/face": pytest.approx(1.0)}
