"""The adapter of stopping rules, without a Ray: results in, Ray's words out, and the records that follow."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest

from sweepbox.detection.checkpoint.files import METRICS_FILE
from sweepbox.tuning.ray_backend.stopping import RuleScheduler
from sweepbox.tuning.ray_backend.trial_source import TrialSource
from sweepbox.tuning.schedule import table
from sweepbox.tuning.spec.file import load_spec, save_spec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import (
    CopiedFrom,
    Evaluation,
    Origin,
    TrialState,
    evaluation_text,
    read_status,
    write_status,
)
from sweepbox.tuning.sweep.manager import TrialManager
from sweepbox.tuning.sweep.reader import read_sweep
from sweepbox.tuning.sweep.stopping import ScheduledTrials, restore_rule, sources_of
from tests.tuning.schedule.toy_rules import TOYS

Begin = Callable[..., SweepFolder]
Live = Callable[[SweepFolder, str, Sequence[float], TrialState], None]
ASHA = {"type": "asha", "grace_period": 1, "reduction_factor": 2}
HIGHEST = {"metric": "mAP"}


@pytest.fixture(autouse=True)
def _toys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "RULES", {**table.RULES, **TOYS})


class Driver:
    """What Ray does with a sweep, for trials whose results a test makes up."""

    def __init__(self, folder: SweepFolder, *, workers: int = 1) -> None:
        spec = load_spec(folder.spec)
        rule = restore_rule(folder, spec, read_sweep(folder).trials)
        self.folder = folder
        self.trials = ScheduledTrials(TrialManager(folder, spec, sources=sources_of(rule)), rule)
        self.scheduler = RuleScheduler(self.trials)
        self.source = TrialSource(self.trials, folder, spec, mode="max", max_concurrent=workers, alone={})
        self.rays: dict[str, str] = {}
        self.asked = 0

    def start(self) -> str | None:
        """Return the trial that a free worker gets, None for now, or FINISHED."""
        self.asked += 1
        given = self.source.suggest(f"ray-{self.asked}")
        if not isinstance(given, dict):
            return given
        self.rays[given["trial"]] = f"ray-{self.asked}"
        return str(given["trial"])

    def report(self, name: str, evaluation: int, score: float, *, done: bool = False) -> str:
        """Report an evaluation as Ray does, and end Ray's trial where it does."""
        trial = SimpleNamespace(config={"trial": name})
        metrics = {self.trials.manager.records.objective.metric: score}
        record = evaluation_text(Evaluation(evaluation, evaluation, 0.0, 1.0, metrics))
        result = {"record": record, "done": done, "programs": ""}
        decision = "STOP" if done else self.scheduler.on_trial_result(None, trial, result)
        if decision == "STOP":
            self.scheduler.on_trial_complete(None, trial, result)
            self.source.on_trial_complete(self.rays[name], result)
            self.trials.close(name)
        return decision

    def states(self) -> list[str]:
        """What the trials' folders say."""
        return [str(read_status(trial).state) for trial in self.folder.trial_folders()]


def test_asha_stops_the_worse_half(sweep: Begin) -> None:
    driver = Driver(sweep(objective=HIGHEST, scheduler=ASHA), workers=3)
    assert [driver.start() for _ in range(3)] == ["0000", "0001", "0002"]
    assert driver.report("0000", 1, 0.5) == "CONTINUE"
    assert driver.report("0001", 1, 0.4) == "STOP"
    assert driver.report("0002", 1, 0.6) == "CONTINUE"
    assert driver.report("0000", 2, 0.7) == "CONTINUE"
    assert driver.report("0002", 2, 0.6) == "STOP"
    assert driver.states() == ["pending", "stopped_early", "stopped_early"]


def test_a_loss_is_compared_the_other_way_round(sweep: Begin) -> None:
    driver = Driver(sweep(objective={"metric": "loss/total"}, scheduler=ASHA), workers=2)
    driver.start(), driver.start()
    assert driver.report("0000", 1, 0.5) == "CONTINUE"
    assert driver.report("0001", 1, 0.6) == "STOP"


def test_none_never_stops_a_trial(sweep: Begin) -> None:
    driver = Driver(sweep(objective=HIGHEST, scheduler={"type": "none"}), workers=2)
    driver.start(), driver.start()
    assert driver.report("0000", 1, 0.5) == "CONTINUE"
    assert driver.report("0001", 1, 0.1) == "CONTINUE"


def test_a_result_without_an_evaluation_decides_nothing(sweep: Begin) -> None:
    driver = Driver(sweep(objective=HIGHEST, scheduler={"type": "best-of-all"}))
    trial = SimpleNamespace(config={"trial": driver.start()})
    assert driver.scheduler.on_trial_result(None, trial, {"programs": ""}) == "CONTINUE"


def test_paused_trials_free_the_only_worker_until_the_best_is_promoted(sweep: Begin, live: Live) -> None:
    driver = Driver(sweep(objective=HIGHEST, scheduler={"type": "best-of-all", "keep": 1}))
    for name, score in (("0000", 0.1), ("0001", 0.3), ("0002", 0.2)):
        assert driver.start() == name
        assert driver.start() is None, "the worker is busy"
        live(driver.folder, name, [score], TrialState.RUNNING)
        assert driver.report(name, 1, score) == "STOP", "to Ray the trial is over"
    assert driver.states() == ["paused"] * 3
    assert all(trial.last.is_dir() for trial in driver.folder.trial_folders())
    assert driver.start() == "0001"
    assert driver.states() == ["stopped_early", "paused", "stopped_early"]
    live(driver.folder, "0001", [0.3, 0.4, 0.5], TrialState.FINISHED)
    assert driver.report("0001", 2, 0.4) == "CONTINUE"
    driver.report("0001", 3, 0.5, done=True)
    assert driver.start() == "FINISHED"
    assert driver.states() == ["stopped_early", "finished", "stopped_early"]
    assert not any(trial.last.is_dir() for trial in driver.folder.trial_folders())


def test_no_new_trial_is_given_out_before_a_promoted_one(sweep: Begin, live: Live) -> None:
    driver = Driver(sweep(objective=HIGHEST, trials=4, scheduler={"type": "better-of-two"}))
    for name, score in (("0000", 0.3), ("0001", 0.2)):
        assert driver.start() == name
        live(driver.folder, name, [score], TrialState.RUNNING)
        driver.report(name, 1, score)
    assert driver.states() == ["paused", "stopped_early"]
    assert driver.start() == "0000"


def test_while_a_trial_runs_more_may_come(sweep: Begin, live: Live) -> None:
    driver = Driver(sweep(objective=HIGHEST, trials=2, scheduler={"type": "best-of-all"}), workers=3)
    assert [driver.start(), driver.start(), driver.start()] == ["0000", "0001", None]
    assert not driver.source.has_free_worker, "no trial is about to start"
    live(driver.folder, "0000", [0.1], TrialState.RUNNING)
    driver.report("0000", 1, 0.1)
    assert driver.start() is None
    live(driver.folder, "0001", [0.2], TrialState.RUNNING)
    driver.report("0001", 1, 0.2)
    assert [driver.start(), driver.start(), driver.start()] == ["0001", "0000", None]


def test_when_the_sweep_is_asked_to_stop_paused_trials_stay_paused(sweep: Begin, live: Live) -> None:
    driver = Driver(sweep(objective=HIGHEST, trials=2, scheduler={"type": "best-of-all"}), workers=2)
    driver.start(), driver.start()
    live(driver.folder, "0000", [0.1], TrialState.RUNNING)
    driver.report("0000", 1, 0.1)
    driver.folder.request_stop("a test")
    live(driver.folder, "0001", [0.2], TrialState.INTERRUPTED)
    driver.source.on_trial_complete(driver.rays["0001"], {"programs": ""})
    driver.trials.close("0001")
    assert driver.start() == "FINISHED"
    assert driver.states() == ["paused", "interrupted"]


def test_a_resumed_sweep_knows_its_rungs(sweep: Begin, live: Live) -> None:
    folder = sweep(objective=HIGHEST, scheduler=ASHA)
    driver = Driver(folder, workers=3)
    assert [driver.start() for _ in range(3)] == ["0000", "0001", "0002"]
    live(folder, "0000", [0.5, 0.7, 0.8], TrialState.FINISHED)
    live(folder, "0001", [0.6], TrialState.INTERRUPTED)

    again = Driver(folder, workers=2)
    assert [again.start(), again.start()] == ["0001", "0002"]
    assert again.report("0001", 2, 0.6) == "STOP", "0000 had 0.7 there"
    assert again.report("0002", 1, 0.4) == "STOP", "0000 and 0001 had 0.5 and 0.6 there"


def paused(folder: SweepFolder, live: Live, scores: dict[str, float], **states: TrialState) -> None:
    """Leave trials that were evaluated once."""
    driver = Driver(folder, workers=len(scores))
    for name, score in scores.items():
        driver.start()
        live(folder, name, [score], states.get(f"t{name}", TrialState.PAUSED))


def test_a_resumed_sweep_keeps_trials_paused_and_runs_the_others_first(sweep: Begin, live: Live) -> None:
    folder = sweep(objective=HIGHEST, scheduler={"type": "best-of-all", "keep": 1})
    paused(folder, live, {"0000": 0.1, "0001": 0.3})
    again = Driver(folder)
    assert again.states() == ["paused", "paused"]
    assert again.start() == "0002"
    live(folder, "0002", [0.2], TrialState.RUNNING)
    again.report("0002", 1, 0.2)
    assert again.start() == "0001"
    assert again.states() == ["stopped_early", "paused", "stopped_early"]


def test_a_decision_that_the_last_process_did_not_record_is_recorded_now(sweep: Begin, live: Live) -> None:
    """0000 and 0001 were evaluated, which pauses the first and stops the second; then the driver was killed."""
    folder = sweep(objective=HIGHEST, scheduler={"type": "better-of-two"})
    running = {"t0000": TrialState.RUNNING, "t0001": TrialState.RUNNING}
    paused(folder, live, {"0000": 0.3, "0001": 0.2}, **running)
    again = Driver(folder)
    assert again.states() == ["paused", "stopped_early"]
    assert [again.start(), again.start()] == ["0000", None]


def test_a_trial_that_the_rule_does_not_hold_for_paused_runs(sweep: Begin, live: Live) -> None:
    folder = sweep(objective=HIGHEST, scheduler={"type": "none"})
    paused(folder, live, {"0000": 0.3})
    again = Driver(folder)
    assert again.states() == ["interrupted"]
    assert again.start() == "0000"


def test_a_failed_trial_is_over_to_the_rule(sweep: Begin, live: Live) -> None:
    driver = Driver(sweep(objective=HIGHEST, trials=2, scheduler={"type": "better-of-two"}))
    for name in ("0000", "0001"):
        assert driver.start() == name
        live(driver.folder, name, [0.1], TrialState.RUNNING)
        if name == "0000":
            driver.report(name, 1, 0.1)
    driver.source.on_trial_complete(driver.rays["0001"], error=True)
    driver.trials.close("0001", error="its process died")
    assert driver.start() == "0000"
    assert driver.states() == ["paused", "failed"]


PBT = {"objective": HIGHEST, "scheduler": {"type": "pbt"}, "sampler": {"type": "random"}}


def replaced(sweep: Begin, live: Live) -> Driver:
    """Return a driver whose rule has ordered a copy of 0001 in place of 0002, which is not made yet."""
    driver = Driver(sweep(**PBT), workers=3)
    assert [driver.start() for _ in range(3)] == ["0000", "0001", "0002"]
    for name, score in (("0000", 0.5), ("0001", 0.9), ("0002", 0.1)):
        live(driver.folder, name, [score], TrialState.RUNNING)
        driver.report(name, 1, score)
    return driver


def test_the_worst_trial_is_replaced_by_a_copy_of_the_best(sweep: Begin, live: Live) -> None:
    driver = replaced(sweep, live)
    assert driver.states() == ["paused", "paused", "stopped_early"]
    assert [driver.start(), driver.start(), driver.start()] == ["0000", "0001", "0003"]
    source, copy = (driver.folder.trial(name) for name in ("0001", "0003"))
    status = read_status(copy)
    assert (status.origin, status.replaces, status.step) == (Origin.COPIED, "0002", 2)
    assert status.copied_from == CopiedFrom("0001", 1, step=2)
    assert status.parameters != read_status(source).parameters
    assert status.parameters.keys() == read_status(source).parameters.keys()
    assert (copy.last / METRICS_FILE).read_bytes() == (source.last / METRICS_FILE).read_bytes()
    assert len(driver.trials.manager.records[copy.id].changes) > 0
    assert driver.start() is None


@pytest.mark.parametrize("closed", [True, False], ids=["the member is closed", "the member ran"])
def test_a_resumed_sweep_makes_each_copy_once(sweep: Begin, live: Live, closed: bool) -> None:
    folder = replaced(sweep, live).folder
    if not closed:
        live(folder, "0002", [0.1], TrialState.RUNNING)
    again = Driver(folder, workers=3)
    assert {again.start() for _ in range(3)} == {"0000", "0001", "0003"}
    once_more = Driver(folder, workers=3)
    assert {once_more.start() for _ in range(4)} == {"0000", "0001", "0003", None}
    assert len(folder.trial_folders()) == 4


def test_the_state_of_an_ended_trial_is_kept_until_it_is_copied(sweep: Begin, live: Live) -> None:
    driver = replaced(sweep, live)
    assert [driver.start(), driver.start()] == ["0000", "0001"]
    live(driver.folder, "0001", [0.9, 0.9, 0.9], TrialState.FINISHED)
    driver.report("0001", 2, 0.9)
    driver.report("0001", 3, 0.9, done=True)
    source = driver.folder.trial("0001")
    assert source.last.is_dir()
    again = Driver(driver.folder, workers=3)
    assert source.last.is_dir()
    assert {again.start(), again.start()} == {"0000", "0003"}
    assert not source.last.exists()


def test_a_trial_whose_source_has_no_state_is_not_replaced(
    sweep: Begin, live: Live, caplog: pytest.LogCaptureFixture
) -> None:
    driver = replaced(sweep, live)
    shutil.rmtree(driver.folder.trial("0001").last)
    assert [driver.start(), driver.start(), driver.start()] == ["0000", "0001", None]
    assert "trial 0002 is not replaced: trial 0001 has no state" in caplog.text


def test_more_trials_can_be_asked_for_beside_copies(sweep: Begin, live: Live) -> None:
    driver = replaced(sweep, live)
    assert [driver.start() for _ in range(3)] == ["0000", "0001", "0003"]
    spec = load_spec(driver.folder.spec)
    save_spec(spec.model_copy(update={"trials": 4}), driver.folder.spec)
    again = Driver(driver.folder, workers=4)
    assert {again.start() for _ in range(4)} == {"0000", "0001", "0003", "0004"}
    assert not read_sweep(driver.folder).is_complete


def test_the_base_config_is_neither_stopped_nor_paused(sweep: Begin, live: Live) -> None:
    folder = sweep(objective=HIGHEST, scheduler=ASHA)
    driver = Driver(folder, workers=3)
    assert [driver.start(), driver.start()] == ["0000", "0001"]
    live(folder, "0000", [0.9], TrialState.INTERRUPTED)
    live(folder, "0001", [0.1], TrialState.INTERRUPTED)
    base = folder.trial("0001")
    write_status(base, replace(read_status(base), origin=Origin.BASE))
    again = Driver(folder, workers=3)
    assert [again.start(), again.start()] == ["0000", "0001"]
    assert again.report("0000", 2, 0.9) == "CONTINUE"
    assert again.report("0001", 2, 0.1) == "CONTINUE"


def test_ray_keeps_nothing_of_the_trials(sweep: Begin) -> None:
    assert Driver(sweep()).scheduler.__getstate__() == {}
