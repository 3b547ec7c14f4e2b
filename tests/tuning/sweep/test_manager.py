import json
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState as StudyState

from sweepbox.detection.config.load import load_config
from sweepbox.tuning.spec.file import load_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState, read_changes, read_evaluations, read_status
from sweepbox.tuning.sweep.manager import TrialManager

Begin = Callable[..., SweepFolder]
Live = Callable[[SweepFolder, str, Sequence[float], TrialState], None]
HIGHEST = {"metric": "mAP"}
EVALUATION = {"evaluation": 1, "step": 2, "time": 1.0, "seconds": 1.0, "metrics": {"mAP": 0.2}}


def manager_of(folder: SweepFolder) -> TrialManager:
    return TrialManager(folder, load_spec(folder.spec))


def study_trials(folder: SweepFolder, manager: TrialManager | None = None) -> list[optuna.trial.FrozenTrial]:
    if manager is not None:
        manager.write_study()
    url = f"sqlite:///{folder.study}"
    return optuna.load_study(study_name="tiny", storage=url).trials


def hand_out(manager: TrialManager) -> list[str]:
    given = []
    while (trial := manager.next_trial()) is not None:
        given.append(trial)
    manager.write_study()
    return given


def test_each_trial_is_given_out_once_with_all_that_it_needs(sweep: Begin) -> None:
    folder = sweep()
    assert hand_out(manager_of(folder)) == ["0000", "0001", "0002"]
    for trial in folder.trial_folders():
        status = read_status(trial)
        config = load_config(trial.config)
        gamma = config.model.ssd.loss.classification_loss.weighted_sigmoid_focal.gamma
        assert gamma == pytest.approx(status.parameters["focal_gamma"])
        assert any(change.path.endswith("gamma") for change in read_changes(trial))
        assert (status.state, status.total_steps, status.total_evaluations) == (TrialState.PENDING, 6, 3)
    facts = [trial.user_attrs for trial in study_trials(folder)]
    assert [fact["trial"] for fact in facts] == ["0000", "0001", "0002"]
    assert len({fact["fingerprint"] for fact in facts}) == 3


def test_proposals_depend_on_the_seed_alone(sweep: Begin, tmp_path: Path) -> None:
    first = sweep(sampler={"type": "random"})
    hand_out(manager_of(first))
    proposed = [trial.params for trial in study_trials(first)]
    shutil.rmtree(tmp_path / "run")
    again = sweep(sampler={"type": "random"})
    for _ in range(3):  # a new process for each trial
        manager = manager_of(again)
        waiting = len(again.trial_folders())
        assert [manager.next_trial() for _ in range(waiting + 1)] == [f"{i:04d}" for i in range(waiting + 1)]
        manager.write_study()
    assert [trial.params for trial in study_trials(again)] == proposed


@pytest.mark.parametrize(("sampler", "ahead"), [("random", 2), ("tpe", 1)])
def test_the_next_trial_is_made_ahead_only_where_results_would_not_change_it(
    sweep: Begin, tmp_path: Path, sampler: str, ahead: int
) -> None:
    plain = sweep(sampler={"type": sampler})
    hand_out(manager_of(plain))
    proposed = [trial.params for trial in study_trials(plain)]
    shutil.rmtree(tmp_path / "run")
    folder = sweep(sampler={"type": sampler})
    manager = manager_of(folder)
    given = [manager.next_trial()]
    manager.prepare_next()
    manager.prepare_next()
    assert len(folder.trial_folders()) == ahead
    assert [*given, *hand_out(manager)] == ["0000", "0001", "0002"]
    assert [trial.params for trial in study_trials(folder)] == proposed
    manager.prepare_next()
    assert len(folder.trial_folders()) == 3


def test_ended_trials_are_told_with_their_best_not_their_last(sweep: Begin, live: Live) -> None:
    folder = sweep(objective=HIGHEST)
    manager = manager_of(folder)
    hand_out(manager)
    live(folder, "0000", [0.2, 0.6, 0.5], TrialState.FINISHED)
    live(folder, "0001", [0.1], TrialState.RUNNING)
    live(folder, "0002", [], TrialState.FAILED)
    assert manager.close("0000").state is TrialState.FINISHED
    assert manager.close("0001").state is TrialState.STOPPED_EARLY
    assert manager.close("0002", error="the loss is not finite").state is TrialState.FAILED
    states = [(trial.state, trial.value) for trial in study_trials(folder, manager)]
    assert states == [(StudyState.COMPLETE, 0.6), (StudyState.PRUNED, 0.1), (StudyState.FAIL, None)]
    assert study_trials(folder)[0].intermediate_values == {1: 0.2, 2: 0.6, 3: 0.5}
    assert not any(folder.trial(name).last.exists() for name in ("0000", "0001", "0002"))
    assert read_status(folder.trial("0002")).error == "the loss is not finite"


def test_only_the_best_checkpoints_of_the_sweep_stay(sweep: Begin, live: Live) -> None:
    folder = sweep(objective=HIGHEST, trials=5, keep_checkpoints=2)
    manager = manager_of(folder)
    hand_out(manager)
    for number, value in enumerate([0.3, 0.1, 0.5, 0.4]):
        live(folder, f"{number:04d}", [value], TrialState.FINISHED)
        manager.close(f"{number:04d}")
    live(folder, "0004", [0.05], TrialState.RUNNING)
    manager.record_evaluation("0004", read_evaluations(folder.trial("0004"))[-1])
    kept = [trial.id for trial in folder.trial_folders() if trial.best.is_dir()]
    assert kept == ["0002", "0003", "0004"], "a running trial minds its own checkpoint"
    manager.close("0004")
    assert [trial.id for trial in folder.trial_folders() if trial.best.is_dir()] == ["0002", "0003"]


def test_a_trial_that_equals_another_is_not_run_and_takes_its_results(sweep: Begin, live: Live) -> None:
    only: dict[str, Any] = {"focal_gamma": {"choice": [1.0, 1.5]}}
    folder = sweep(objective=HIGHEST, space=only, augmentations={}, trials=6, sampler={"type": "random"})
    manager = manager_of(folder)
    given = hand_out(manager)
    assert len(given) == 2
    same = {t.id: read_status(t).duplicate_of for t in folder.trial_folders() if t.id not in given}
    assert set(same.values()) <= set(given)
    live(folder, given[0], [0.2, 0.4, 0.3], TrialState.FINISHED)
    manager.close(given[0])
    live(folder, given[1], [0.1], TrialState.RUNNING)
    manager.close(given[1])
    for name, original in same.items():
        trial = folder.trial(name)
        assert read_evaluations(trial) == read_evaluations(folder.trial(str(original)))
        assert read_status(trial).state is read_status(folder.trial(str(original))).state
    assert all(trial.state.is_finished() for trial in study_trials(folder, manager))


def test_a_proposal_that_the_config_refuses_is_recorded_as_failed(sweep: Begin) -> None:
    space = {
        "num_steps": {"choice": [6, 4000]},
        "train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate.total_steps": {
            "choice": [6, 4000]
        },
    }
    folder = sweep(space=space, trials=12, sampler={"type": "random"})
    hand_out(manager_of(folder))
    statuses = [read_status(trial) for trial in folder.trial_folders()]
    failed = [status for status in statuses if status.state is TrialState.FAILED]
    assert len(statuses) == 12
    assert failed, "twelve draws of two contradicting fields contradict at least once"
    assert {re.findall("total_steps|warmup_steps", str(status.error))[0] for status in failed} == {
        "total_steps",
        "warmup_steps",
    }


def test_what_a_crash_left_open_goes_on_and_what_ended_is_told(sweep: Begin, live: Live) -> None:
    folder = sweep(objective=HIGHEST, trials=4)
    manager = manager_of(folder)
    given = [manager.next_trial() for _ in range(3)]
    assert given == ["0000", "0001", "0002"]
    live(folder, "0000", [0.2, 0.3, 0.4], TrialState.FINISHED)  # ended, but the driver died before it knew
    live(folder, "0001", [0.3], TrialState.RUNNING)
    shutil.rmtree(folder.trial("0002").path)  # a suggestion that a crash kept from the records
    parameters = study_trials(folder, manager)[2].params

    again = manager_of(folder)
    assert hand_out(again) == ["0001", "0002", "0003"]
    assert read_status(folder.trial("0002")).parameters == parameters
    assert [trial.state for trial in study_trials(folder)] == [StudyState.COMPLETE, *[StudyState.RUNNING] * 3]
    assert study_trials(folder)[0].value == 0.4
    for name in ("0001", "0002", "0003"):
        live(folder, name, [0.3], TrialState.RUNNING)
        again.close(name)
    again.write_study()
    assert hand_out(manager_of(folder)) == []
    assert [trial.state for trial in study_trials(folder)] == [StudyState.COMPLETE, *[StudyState.PRUNED] * 3]


def test_an_interrupted_trial_is_not_closed(sweep: Begin, live: Live) -> None:
    folder = sweep(objective=HIGHEST, trials=1)
    manager = manager_of(folder)
    hand_out(manager)
    live(folder, "0000", [0.2], TrialState.INTERRUPTED)
    assert manager.close("0000").state is TrialState.INTERRUPTED
    assert folder.trial("0000").last.is_dir()
    assert study_trials(folder, manager)[0].state is StudyState.RUNNING
    assert hand_out(manager_of(folder)) == ["0000"]


def test_the_state_file_is_plain_json(sweep: Begin) -> None:
    folder = sweep()
    manager_of(folder).next_trial()
    fields = json.loads(folder.trial("0000").status.read_text())
    assert fields["state"] == "pending"
    assert fields["seed"] == 5


def test_the_studys_file_is_written_from_the_records(sweep: Begin, live: Live) -> None:
    folder = sweep(objective=HIGHEST, trials=4)
    manager = manager_of(folder)
    assert [manager.next_trial() for _ in range(3)] == ["0000", "0001", "0002"]
    live(folder, "0000", [0.2, 0.4], TrialState.FINISHED)
    manager.close("0000")
    live(folder, "0001", [0.3], TrialState.RUNNING)

    again = manager_of(folder)  # the process died before anything was written to the study's file
    trials = study_trials(folder, again)
    assert [trial.state for trial in trials] == [StudyState.COMPLETE, StudyState.RUNNING, StudyState.RUNNING]
    assert (trials[0].value, trials[0].intermediate_values) == (0.4, {1: 0.2, 2: 0.4})
    assert [trial.user_attrs["trial"] for trial in trials] == ["0000", "0001", "0002"]
    for trial in trials:
        assert trial.params == read_status(folder.trial(trial.user_attrs["trial"])).parameters
        assert set(trial.distributions) == set(trial.params)
    assert hand_out(again) == ["0001", "0002", "0003"]


def test_proposals_are_the_same_where_every_trials_process_dies(
    sweep: Begin, live: Live, tmp_path: Path
) -> None:
    def proposals(*, process_dies: bool) -> list[dict[str, Any]]:
        folder = sweep(objective=HIGHEST, trials=6)
        manager = manager_of(folder)
        for number in range(6):
            name = manager.next_trial()
            assert name == f"{number:04d}"
            live(folder, name, [0.1 * (number % 4)], TrialState.FINISHED)
            manager.close(name)
            manager = manager_of(folder) if process_dies else manager  # whose study is not written
        proposed = [dict(read_status(trial).parameters) for trial in folder.trial_folders()]
        shutil.rmtree(tmp_path / "run")
        return proposed

    assert proposals(process_dies=True) == proposals(process_dies=False)


def test_a_trial_whose_folder_is_gone_counts_as_failed(sweep: Begin) -> None:
    folder = sweep(trials=4)
    manager = manager_of(folder)
    for _ in range(3):
        manager.next_trial()
    shutil.rmtree(folder.trial("0001").path)  # by hand
    assert hand_out(manager_of(folder)) == ["0000", "0002", "0003", "0004"]
    states = [trial.state for trial in study_trials(folder)]
    assert states == [StudyState.RUNNING, StudyState.FAIL, *[StudyState.RUNNING] * 3]


def test_a_file_written_behind_holds_all_that_the_manager_holds(sweep: Begin, live: Live) -> None:
    folder = sweep(trials=12, sampler={"type": "random"}, objective=HIGHEST)
    manager = manager_of(folder)
    while (trial := manager.next_trial()) is not None:
        manager.write_study_in_background()
        live(folder, trial, [0.1, 0.2], TrialState.FINISHED)
        for evaluation in read_evaluations(folder.trial(trial)):
            manager.record_evaluation(trial, evaluation)
        manager.write_study_in_background()
        manager.close(trial)
    trials = study_trials(folder, manager)
    assert [trial.state for trial in trials] == [StudyState.COMPLETE] * 12
    assert [trial.intermediate_values for trial in trials] == [{1: 0.1, 2: 0.2}] * 12


def test_a_sweep_goes_on_where_the_studys_file_cannot_be_written(
    sweep: Begin, live: Live, caplog: pytest.LogCaptureFixture
) -> None:
    folder = sweep(objective=HIGHEST)
    folder.study.mkdir()
    manager = manager_of(folder)
    for trial in hand_out(manager):
        live(folder, trial, [0.1, 0.2], TrialState.FINISHED)
        manager.write_study_in_background()
        manager.close(trial)
    manager.write_study()
    assert [record.levelname for record in caplog.records] == ["WARNING"], "it is said once"
    assert "study.sqlite3: not written" in caplog.text
    folder.study.rmdir()
    assert [trial.state for trial in study_trials(folder, manager)] == [StudyState.COMPLETE] * 3


def test_no_suggestion_depends_on_the_studys_file(sweep: Begin, live: Live, tmp_path: Path) -> None:
    def suggested(*, damaged: bool) -> list[dict[str, Any]]:
        folder = sweep(objective=HIGHEST, trials=5)
        manager = manager_of(folder)
        for number in range(5):
            trial = manager.next_trial()
            assert trial == f"{number:04d}"
            live(folder, trial, [0.1 * (number % 4)], TrialState.FINISHED)
            manager.close(trial)
            if damaged:
                manager.write_study()
                folder.study.unlink() if number % 2 else folder.study.write_bytes(b"garbage" * 1000)
                manager = manager_of(folder)
        parameters = [dict(read_status(trial).parameters) for trial in folder.trial_folders()]
        shutil.rmtree(tmp_path / "run")
        return parameters

    assert suggested(damaged=True) == suggested(damaged=False)


def test_what_the_sampler_keeps_with_a_suggestion_is_in_the_trials_record(sweep: Begin) -> None:
    folder = sweep(objective=HIGHEST, trials=5)
    manager = manager_of(folder)
    for _ in range(3):
        trial = manager.next_trial()
        folder.trial(str(trial)).metrics.write_text(json.dumps(EVALUATION) + "\n")
        manager.close(str(trial))
    running = manager.next_trial()
    attributes = read_status(folder.trial(str(running))).sampler_attributes
    assert json.loads(attributes["trial"]["tpe:relative_params:0"]).keys() == {
        "learning_rate",
        "focal_gamma",
        "random_adjust_brightness.max_delta",
    }
