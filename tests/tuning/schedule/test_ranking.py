import pytest

from sweepbox.tuning.schedule.ranking import best_first, is_among_best, is_below_median, mean_of, merits
from sweepbox.tuning.schedule.rule import Action, Plan, Report
from sweepbox.tuning.schedule.runner import RuleRunner
from sweepbox.tuning.schedule.table import build_rule
from sweepbox.tuning.spec.schema import SchedulerSpec


def report(trial: str, score: float, *more: float, evaluation: int = 1, **violations: float) -> Report:
    return Report(trial, evaluation, score, more, violations)


@pytest.mark.parametrize(
    ("reports", "order"),
    [
        ([report("a", 0.1), report("b", 0.3), report("c", 0.2)], "bca"),
        ([report("a", 0.1), report("b", 0.9, rare=0.2), report("c", 0.5, rare=0.1)], "acb"),
        ([report("a", 0.1, rare=1.0), report("b", 0.9, rare=1.0)], "ba"),
        ([report("a", 0.5, 0.5), report("b", 0.4, 0.4), report("c", 0.1, 0.9)], "acb"),
    ],
)
def test_reports_are_ordered_by_constraints_then_scores(reports: list[Report], order: str) -> None:
    assert "".join(item.trial for item in best_first(reports)) == order


def test_the_limit_of_the_best_share_counts_constraints() -> None:
    earlier = [report("a", 0.9, rare=0.5), report("b", 0.8, rare=0.4), report("c", 0.7, rare=0.3)]
    assert is_among_best(report("d", 0.1), earlier, 1 / 3)
    assert not is_among_best(report("d", 1.0, rare=0.6), earlier, 1 / 3)
    assert is_below_median(report("d", 1.0, rare=0.6), earlier)


def test_the_mean_of_reports_has_mean_scores_and_violations() -> None:
    mean = mean_of([report("a", 0.2, 1.0, rare=0.5), report("a", 0.4, 3.0, evaluation=2)])
    assert mean == Report("a", 2, pytest.approx(0.3), (2.0,), {"rare": 0.25})  # type: ignore[arg-type]
    assert merits([mean]) == (0.0,)


def test_asha_keeps_the_feasible_trial_at_a_rung() -> None:
    spec = SchedulerSpec.model_validate({"type": "asha", "grace_period": 1, "reduction_factor": 2})
    runner = RuleRunner(build_rule(spec, Plan(trials=4, max_evaluations=8)))
    assert runner.report(report("a", 0.9, rare=0.5)) is Action.CONTINUE
    assert runner.report(report("b", 0.2)) is Action.CONTINUE
    assert runner.report(report("d", 0.1)) is Action.CONTINUE
    assert runner.report(report("c", 0.95, rare=0.2)) is Action.STOP
