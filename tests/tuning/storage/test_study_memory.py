"""Studies in memory for optuna-dashboard."""

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

from sweepbox.tuning.storage.study_file import StudyTrial
from sweepbox.tuning.storage.study_memory import StudyMemory


def trial(value: float | None, *, state: TrialState = TrialState.COMPLETE, **metadata: object) -> StudyTrial:
    found = create_trial(
        state=state, value=value, params={"rate": 0.5}, distributions={"rate": FloatDistribution(0, 1)}
    )
    return StudyTrial(found, metadata, started=1000.0, ended=1060.0)


def show(memory: StudyMemory, trials: dict[int, StudyTrial], **changes: list[str]) -> optuna.Study:
    kind = {"metrics": ["mAP"], "directions": ["maximize"]} | changes
    memory.show("mine", trials, **kind)  # type: ignore[arg-type]
    return optuna.load_study(study_name="mine", storage=memory.storage)


def test_a_study_has_the_trials_with_their_times_and_metadata() -> None:
    study = show(StudyMemory(), {0: trial(0.25, trial="0000"), 2: trial(None, state=TrialState.RUNNING)})
    assert study.metric_names == ["mAP"]
    assert [item.state.name for item in study.trials] == ["COMPLETE", "FAIL", "RUNNING"]
    first = study.trials[0]
    assert (first.number, first.value, first.user_attrs) == (0, 0.25, {"trial": "0000"})
    assert first.duration is not None
    assert first.duration.total_seconds() == 60
    assert study.trials[2].datetime_complete is None


def test_a_trial_is_replaced_whatever_its_state() -> None:
    memory = StudyMemory()
    first, running = trial(0.25), trial(None, state=TrialState.RUNNING)
    show(memory, {0: first, 1: running})
    study = show(memory, {0: first, 1: trial(0.75)})
    assert study.best_trial.number == 1
    assert [item.number for item in study.trials] == [0, 1]
    assert study.trials[1]._trial_id == memory.storage.get_trial_id_from_study_id_trial_number(
        study._study_id, 1
    )
    study = show(memory, {0: first, 1: running})
    assert study.best_trial.number == 0


def test_the_best_trial_is_that_of_the_direction() -> None:
    trials = {0: trial(0.25), 1: trial(0.75)}
    assert show(StudyMemory(), trials).best_trial.number == 1
    assert show(StudyMemory(), trials, directions=["minimize"]).best_trial.number == 0
    with pytest.raises(ValueError, match="no trial is completed yet"):
        _ = show(StudyMemory(), {0: trial(None, state=TrialState.RUNNING)}).best_trial


def test_fewer_trials_or_other_goals_begin_a_new_study() -> None:
    memory = StudyMemory()
    first = show(memory, {0: trial(0.25), 1: trial(0.5)})
    fewer = show(memory, {0: trial(0.25)})
    other = show(memory, {0: trial(0.25)}, directions=["minimize"])
    assert len({study._study_id for study in (first, fewer, other)}) == 3
    assert len(other.trials) == 1
    assert len(memory.storage.get_all_studies()) == 1
    memory.drop("mine")
    memory.drop("mine")
    assert memory.storage.get_all_studies() == []
