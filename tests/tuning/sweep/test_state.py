import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from pyarrow import parquet

from sweepbox.detection.core.errors import SweepError
from sweepbox.tuning.report.markdown import write_outcome
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState, read_evaluations, write_evaluations
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import best_checkpoint, load_sweep

Begin = Callable[..., SweepFolder]
Live = Callable[[SweepFolder, str, Sequence[float], TrialState], None]


@pytest.fixture
def lived(sweep: Begin, live: Live) -> SweepFolder:
    """A sweep whose process died: one trial finished, one stopped early, one running, one failed."""
    folder = sweep(objective={"metric": "mAP"}, trials=5)
    manager = TrialManager(folder, load_spec(folder.spec))
    for _ in range(4):
        manager.next_trial()
    live(folder, "0000", [0.2, 0.6, 0.5], TrialState.FINISHED)
    live(folder, "0001", [0.1], TrialState.STOPPED_EARLY)
    live(folder, "0002", [0.3, 0.4], TrialState.RUNNING)
    live(folder, "0003", [], TrialState.FAILED)
    return folder


def test_status_says_how_each_trial_stands_and_which_is_best(lived: SweepFolder) -> None:
    told = load_sweep(lived.path).to_json()
    json.dumps(told, allow_nan=False)
    assert [(t["id"], t["state"], t["evaluations"]) for t in told["trials"]] == [
        ("0000", "finished", 3),
        ("0001", "stopped_early", 1),
        ("0002", "interrupted", 2),
        ("0003", "failed", 0),
    ]
    assert told["trials"][0]["metrics"]["mAP"] == 0.6
    assert told["trials"][0]["last_metrics"]["mAP"] == 0.5
    assert told["best"] == {
        "trial": "0000",
        "evaluation": 2,
        "step": 4,
        "metric": "mAP",
        "value": 0.6,
        "values": {"mAP": 0.6},
        "constraints_met": True,
        "metrics": told["trials"][0]["metrics"],
    }
    pace = [told["trials"][0][name] for name in ("evaluation_s", "images_per_s", "input_wait_fraction")]
    assert pace == [3.0, 8.0, 0.25]
    assert told["trials"][3]["images_per_s"] is None
    gamma = "model.ssd.loss.classification_loss.weighted_sigmoid_focal.gamma"
    assert told["trials"][0]["changes"][gamma] == pytest.approx(told["trials"][0]["parameters"]["focal_gamma"])


def test_a_trial_runs_only_while_a_process_holds_the_sweep(lived: SweepFolder) -> None:
    with lived.held():
        assert load_sweep(lived.path).trial("0002").state is TrialState.RUNNING
    assert load_sweep(lived.path).trial("0002").state is TrialState.INTERRUPTED


def test_a_line_that_a_crash_tore_is_left_out(lived: SweepFolder) -> None:
    trial = lived.trial("0002")
    with trial.metrics.open("a") as file:
        file.write('{"evaluation": 3, "step": 6, "ti')
    assert len(read_evaluations(trial)) == 2
    assert len(load_sweep(lived.path).trial("0002").evaluations) == 2


def test_a_reader_sees_what_has_changed(lived: SweepFolder, live: Live) -> None:
    assert load_sweep(lived.path).ended == 3
    live(lived, "0002", [0.9], TrialState.FINISHED)
    state = load_sweep(lived.path)
    assert state.ended == 4
    assert state.best is not None
    assert state.best.value == 0.9


def test_time_left_is_estimated_from_the_trials_so_far(lived: SweepFolder) -> None:
    state = load_sweep(lived.path)
    # 6 evaluations of 4 s; trials take 2 on average; one is to start, one running has had its 2 (so 1 more).
    assert state.time_left_s(num_workers=1) == pytest.approx((2 + 1) * 4)
    assert state.time_left_s(num_workers=2, budget_left_s=3) == 3


def test_the_best_checkpoint_is_found(lived: SweepFolder) -> None:
    assert best_checkpoint(lived.path) == lived.trial("0000").best
    lived.trial("0000").best.rmdir()
    with pytest.raises(SweepError, match="the winner's checkpoint is missing"):
        best_checkpoint(lived.path)


def test_without_an_evaluation_there_is_no_best(sweep: Begin) -> None:
    folder = sweep()
    with pytest.raises(SweepError, match="no checkpoint yet"):
        best_checkpoint(folder.path)
    assert load_sweep(folder.path).to_json()["best"] is None


def test_a_folder_without_a_sweep_is_named(lived: SweepFolder, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    lived.path.rename(tmp_path / "runs" / "mine")
    with pytest.raises(SweepError, match=r"no sweep here \(sweep.yaml is missing\); sweeps in it: mine"):
        load_sweep(tmp_path / "runs")
    with pytest.raises(SweepError, match="no sweep here"):
        load_sweep(tmp_path / "nowhere")


def test_a_damaged_state_file_is_named(lived: SweepFolder) -> None:
    lived.trial("0001").status.write_text("{")
    with pytest.raises(SweepError, match=r"0001/state.json: damaged .* delete .*0001 to drop the trial"):
        load_sweep(lived.path)


def test_the_outcome_is_written_for_people_and_programs(lived: SweepFolder) -> None:
    write_outcome(load_sweep(lived.path))
    winner = json.loads(lived.winner.read_text())
    assert (winner["trial"], winner["metric"], winner["value"]) == ("0000", "mAP", 0.6)
    assert winner["AP"] == {"with_mask": 0.6}
    assert winner["checkpoint"] == "trials/0000/best"
    assert winner["changes"]["model.ssd.loss.classification_loss.weighted_sigmoid_focal.gamma"]["before"] == 2.0
    table = parquet.read_table(lived.results)
    assert table.num_rows == 6
    assert table.column("trial").to_pylist() == ["0000"] * 3 + ["0001"] + ["0002"] * 2
    assert table.column("metrics.mAP").to_pylist() == [0.2, 0.6, 0.5, 0.1, 0.3, 0.4]
    assert table.column("parameters.learning_rate").type == "double"
    measured = ("evaluation_s", "images_per_s", "input_wait_fraction")
    assert [table.column(name).to_pylist() for name in measured] == [[1.0] * 6, [8.0] * 6, [0.25] * 6]
    report = lived.report.read_text()
    assert "\nSampler tpe.\n" in report
    assert "24s in trials, 25% of it evaluating." in report
    assert "| time | images/s | waiting for input | evaluating |" in report
    assert "| 12s | 8 | 25% | 25% |" in report
    assert "Trial 0000, evaluation 2 (step 4): **mAP 0.6000**" in report
    assert "| with_mask | 0.6 | 0.6 |" in report
    assert report.count("\n| 000") == 4


def test_a_sweep_that_was_moved_is_read_where_it_is(lived: SweepFolder, tmp_path: Path) -> None:
    write_outcome(load_sweep(lived.path))
    moved = lived.path.rename(tmp_path / "elsewhere")
    assert best_checkpoint(moved) == moved / "trials" / "0000" / "best"


def test_an_empty_sweep_has_an_empty_table(sweep: Begin) -> None:
    folder = sweep()
    write_outcome(load_sweep(folder.path))
    assert parquet.read_table(folder.results).num_rows == 0
    assert not folder.winner.exists()


def test_the_table_of_a_sweep_without_measured_speed_has_empty_columns_of_numbers(
    lived: SweepFolder,
) -> None:
    for trial in lived.trial_folders():
        bare = [
            replace(item, evaluation_s=None, images_per_s=None, input_wait_fraction=None)
            for item in read_evaluations(trial)
        ]
        write_evaluations(trial, bare)
    write_outcome(load_sweep(lived.path))
    column = parquet.read_table(lived.results).column("images_per_s")
    assert (str(column.type), column.null_count) == ("double", 6)
    assert "of it evaluating" not in lived.report.read_text()
