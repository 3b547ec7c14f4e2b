"""When and where trials ran, worked out by hand."""

from sweepbox.tuning.report.timeline import timeline_of
from sweepbox.tuning.storage.trial_record import Evaluation, TrialState, TrialStatus
from sweepbox.tuning.sweep.trial_result import TrialResult


def trial(number: int, *ends: float, seconds: float = 10.0, **status: object) -> TrialResult:
    """Return a trial that was evaluated at these times, after so many seconds each."""
    given = {"state": TrialState.FINISHED, "attempts": 1, "host": "a", **status}
    made = TrialStatus(seed=0, fingerprint="", total_steps=9, total_evaluations=9, **given)  # type: ignore[arg-type]
    evaluations = tuple(Evaluation(n, n, end, seconds, {}) for n, end in enumerate(ends, start=1))
    return TrialResult(f"{number:04d}", made, (), evaluations)


def spans(*trials: TrialResult, now: float = 1000.0) -> dict[str, list[tuple[int, float, float]]]:
    """Return worker, begin and end of each time by trial."""
    found = timeline_of(trials, now=now).runs
    return {name: [(item.worker, item.begin, item.end) for item in items] for name, items in found.items()}


def test_trials_of_one_time_have_different_workers() -> None:
    assert spans(trial(0, 110, 120), trial(1, 112), trial(2, 125, seconds=12)) == {
        "0000": [(0, 100, 120)],
        "0001": [(1, 102, 112)],
        "0002": [(1, 113, 125)],
    }


def test_a_pause_divides_a_trial() -> None:
    assert spans(trial(0, 110, 200)) == {"0000": [(0, 100, 110), (0, 190, 200)]}


def test_the_start_counts_unless_it_was_resumed() -> None:
    assert spans(trial(0, 110, started=95.0)) == {"0000": [(0, 95, 110)]}
    assert spans(trial(0, 110, started=15.0, attempts=2)) == {"0000": [(0, 100, 110)]}


def test_a_running_trial_runs_until_now() -> None:
    assert spans(trial(0, 110, state=TrialState.RUNNING, started=100.0), now=117) == {"0000": [(0, 100, 117)]}
    assert spans(trial(0, state=TrialState.RUNNING, started=100.0), now=117) == {"0000": [(0, 100, 117)]}


def test_a_trial_that_failed_before_its_first_evaluation_took_time() -> None:
    failed = trial(0, state=TrialState.FAILED, started=100.0, ended=103.0)
    assert spans(failed) == {"0000": [(0, 100, 103)]}


def test_workers_are_those_of_a_machine_and_its_gpus() -> None:
    timeline = timeline_of([trial(0, 110), trial(1, 130, host="b", gpus="0"), trial(2, 150)], now=200)
    assert [(worker.name, worker.busy_s) for worker in timeline.workers] == [("a #1", 20), ("b GPU 0 #1", 10)]


def test_a_trial_with_the_results_of_another_did_not_run() -> None:
    assert spans(trial(0, 110), trial(1, 110, duplicate_of="0000")) == {"0000": [(0, 100, 110)]}
