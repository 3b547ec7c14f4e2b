"""The model of a report: it says what the records and `winner.json` say, and what `status` printed before."""

import json
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path

import pytest

from sweepbox.scripts import status
from sweepbox.tuning.report.build import report_model
from sweepbox.tuning.report.markdown import write_outcome
from sweepbox.tuning.report.model.report import ReportModel, to_json
from sweepbox.tuning.report.model.trial import TrialModel
from sweepbox.tuning.report.thinning import MOST_TRIALS, POINTS, thinned
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import Origin, TrialState, read_status, write_status
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import load_sweep

ROOT = Path(__file__).parents[3]
Begin = Callable[..., SweepFolder]
Live = Callable[[SweepFolder, str, Sequence[float], TrialState], None]


@pytest.fixture
def ended(sweep: Begin, live: Live) -> SweepFolder:
    """A sweep of four trials: the base config, a better one, a stopped and a failed one."""
    folder = sweep(
        objective={"metric": "mAP", "constraints": ["AP@.50/with_mask >= 0.5"]},
        scheduler={"type": "asha", "grace_period": 1, "reduction_factor": 2},
        trials=4,
    )
    manager = TrialManager(folder, load_spec(folder.spec))
    for _ in range(4):
        manager.next_trial()
    live(folder, "0000", [0.2, 0.5, 0.4], TrialState.FINISHED)
    live(folder, "0001", [0.3, 0.6, 0.7], TrialState.FINISHED)
    live(folder, "0002", [0.1], TrialState.STOPPED_EARLY)
    live(folder, "0003", [], TrialState.FAILED)
    for name, changes in {
        "0000": {"origin": Origin.BASE},
        "0001": {"attempts": 2},
        "0003": {"error": "TrainingError: <b>nan</b>", "started": 1000.0, "ended": 1004.0},
    }.items():
        record = folder.trial(name)
        write_status(record, replace(read_status(record), **changes))
    folder.trial("0003").traceback.write_text("Traceback:\n  <script>alert(1)</script>\n")
    return folder


def test_what_status_printed_before_is_there_unchanged(ended: SweepFolder) -> None:
    state = load_sweep(ended.path)
    before, now = state.to_json(), to_json(report_model(state))
    assert {name: now[name] for name in before if name != "trials"} == {
        name: before[name] for name in before if name != "trials"
    }
    for old, new in zip(before["trials"], now["trials"], strict=True):
        assert {name: new[name] for name in old} == old


def test_status_prints_the_model(ended: SweepFolder, invoke: Callable[..., object]) -> None:
    told = json.loads(invoke(status.command, ended.path, "--json").stdout)  # type: ignore[attr-defined]
    assert list(told) == [field.name for field in fields(ReportModel)]
    assert list(told["trials"][0]) == [field.name for field in fields(TrialModel)]
    assert told["verdict"]["trial"] == "0001"
    assert (told["search"], told["data"], told["detector"], told["paired"]) == (None, None, None, [])


def test_the_numbers_are_those_of_the_records_and_of_winner_json(ended: SweepFolder) -> None:
    write_outcome(load_sweep(ended.path))
    winner = json.loads(ended.winner.read_text())
    model = report_model(load_sweep(ended.path))
    assert model.verdict is not None
    told = model.verdict
    assert (told.trial, told.value, told.evaluation) == (winner["trial"], winner["value"], winner["evaluation"])
    assert {item.name: item.ap for item in told.classes} == winner["AP"]
    assert told.text[0].startswith("Validation: mAP 0.7000")
    assert {item["path"]: item["after"] for item in told.changes} == {
        path: change["after"] for path, change in winner["changes"].items()
    }
    assert told.against_base is not None
    assert (told.against_base.trial, told.against_base.part) == ("0000", "validation")
    assert told.against_base.difference == pytest.approx(0.7 - 0.5)
    assert [(item.constraint, item.value, item.met) for item in told.constraints] == [
        ("AP@.50/with_mask >= 0.5", 0.7, True)
    ]


def test_trials_have_curves_lineage_and_errors(ended: SweepFolder) -> None:
    trials = {trial.id: trial for trial in report_model(load_sweep(ended.path)).trials}
    curve = trials["0001"].curve
    assert (curve.evaluations, curve.steps, curve.seconds) == ((1, 2, 3), (2, 4, 6), (4.0, 8.0, 12.0))
    assert curve.metrics["mAP"] == (0.3, 0.6, 0.7)
    assert curve.metrics["loss/total"] == pytest.approx((0.7, 0.4, 0.3))
    assert (trials["0001"].attempts, trials["0001"].rungs_passed) == (2, 2)
    assert (trials["0002"].rungs_passed, trials["0002"].feasible) == (0, False)
    assert trials["0003"].traceback == "Traceback:\n  <script>alert(1)</script>"
    assert trials["0003"].value is None


def test_history_is_in_the_order_of_time(ended: SweepFolder) -> None:
    history = report_model(load_sweep(ended.path)).history
    # evaluations: 0000 at 1010, 1020, 1030; 0001 at 1011, 1021, 1031; 0002 at 1012; four seconds each
    assert [(point.trial, point.compute_s, point.value) for point in history] == [
        ("0002", 12.0, 0.1),
        ("0000", 16.0, 0.5),
        ("0001", 28.0, 0.7),
    ]
    assert [point.feasible for point in history] == [False, True, True]


def test_a_minimised_goal_counts_gains_upwards(sweep: Begin, live: Live) -> None:
    folder = sweep(objective={"metric": "loss/total"}, trials=2)
    manager = TrialManager(folder, load_spec(folder.spec))
    for name, value in (("0000", 0.2), ("0001", 0.7)):
        manager.next_trial()
        live(folder, name, [value], TrialState.FINISHED)
    write_status(folder.trial("0000"), replace(read_status(folder.trial("0000")), origin=Origin.BASE))
    verdict = report_model(load_sweep(folder.path)).verdict
    assert verdict is not None
    assert (verdict.trial, verdict.value) == ("0001", pytest.approx(0.3))
    assert verdict.against_base is not None
    assert verdict.against_base.difference == pytest.approx(0.5)


def test_an_empty_sweep_has_a_model(sweep: Begin) -> None:
    model = report_model(load_sweep(sweep().path))
    assert (model.verdict, model.trials, model.history, model.workers) == (None, (), (), ())
    json.dumps(to_json(model), allow_nan=False)


def test_few_trials_are_not_thinned_and_many_are(ended: SweepFolder) -> None:
    model = report_model(load_sweep(ended.path))
    assert thinned(model) is model
    long = model.trials[1]
    count = 30
    curve = replace(
        long.curve,
        evaluations=tuple(range(1, count + 1)),
        steps=tuple(range(count)),
        seconds=tuple(map(float, range(count))),
        metrics={"mAP": tuple(index / count for index in range(count)), "loss/total": (0.0,) * count},
    )
    trials = tuple(
        replace(long, id=f"{number:04d}", curve=curve, best_evaluation=18, value=number / 1000)
        for number in range(MOST_TRIALS + 1)
    )
    thin = thinned(replace(model, trials=trials))
    assert thin.thinning is not None
    assert "more than 200 trials" in thin.thinning.note
    found = thin.trials[0].curve
    assert len(found.evaluations) <= POINTS
    assert {1, 18, 30} <= set(found.evaluations)
    assert list(found.metrics) == ["mAP"]
    assert found.metrics["mAP"][found.evaluations.index(18)] == 17 / count
    assert thin.trials[0].metrics == {}
    assert thin.trials[-1].metrics == long.metrics


def test_every_field_is_documented() -> None:
    text = (ROOT / "docs" / "report.md").read_text()
    missing = [
        field.name
        for model in (ReportModel, TrialModel)
        for field in fields(model)
        if f"`{field.name}`" not in text
    ]
    assert missing == []
