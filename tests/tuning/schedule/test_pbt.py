"""Population-based training on a surface with a known answer, and its quantiles beside Ray's."""

import itertools
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ray.tune.experiment import Trial
from ray.tune.schedulers import PopulationBasedTraining as RayPbt

from sweepbox.tuning.schedule.pbt import PbtOptions, PopulationBasedTraining
from sweepbox.tuning.schedule.replay import TrialHistory, replay
from sweepbox.tuning.schedule.rule import Action, CopyOrder, Plan, Report
from sweepbox.tuning.schedule.runner import RuleRunner
from sweepbox.tuning.schedule.simulator import Curve, simulate


def pbt(*, trials: int = 4, longest: int = 8, interval: int = 1, quantile: float = 0.25) -> Any:
    options = PbtOptions(interval=interval, quantile=quantile)
    return PopulationBasedTraining(options, Plan(trials=trials, max_evaluations=longest))


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_a_population_finds_the_rate_that_no_member_began_with(workers: int) -> None:
    """A trial gains its rate at each evaluation, and copies have the rate of their source and 1 more."""
    rates = {f"{n:04d}": float(n) for n in range(4)}
    totals = {name: [rate * e for e in range(1, 9)] for name, rate in rates.items()}
    parents: dict[str, CopyOrder] = {}

    def copy(order: CopyOrder) -> Curve:
        name = f"{len(rates):04d}"
        rates[name] = rates[order.source] + 1
        before = totals[order.source][: order.evaluation]
        totals[name] = [*before, *(before[-1] + rates[name] * n for n in range(1, 9 - order.evaluation))]
        parents[name] = order
        return Curve(name, tuple(totals[name]), (1.0,) * 8)

    curves = [Curve(name, tuple(total), (1.0,) * 8) for name, total in totals.items()]
    simulation = simulate(pbt(), curves, workers=workers, copy=copy)
    best = simulation.improvements[-1].report
    assert best.score > 3 * 8, "no trial of the first population comes so far"
    assert best.trial in parents
    assert "0000" not in simulation.finished
    assert len(simulation.finished) == 4, "as many as the population has members"


def test_one_worker_advances_the_population_evenly() -> None:
    curves = [Curve(f"{n:04d}", (1.0,) * 3, (1.0,) * 3) for n in range(3)]
    names = itertools.count(3)
    simulation = simulate(
        pbt(trials=3, longest=3),
        curves,
        workers=1,
        copy=lambda _: replace(curves[0], trial=f"{next(names):04d}"),
    )
    assert [step.report.evaluation for step in simulation.steps[:3]] == [1, 1, 1]


@pytest.mark.parametrize("interval", [1, 2, 3])
def test_trials_are_compared_at_every_interval(interval: int) -> None:
    rule = pbt(interval=interval)
    state = rule.initial_state()
    compared = []
    for evaluation in range(1, 8):
        state, actions = rule.decide(state, Report("a", evaluation, 1.0))
        compared += [evaluation] if actions else []
    assert compared == [*range(interval, 8, interval)]


def test_a_copy_is_compared_an_interval_after_it_began() -> None:
    rule = pbt(interval=2)
    state, actions = rule.decide(rule.initial_state(), Report("copy", 4, 1.0))
    assert actions == {}
    assert rule.decide(state, Report("copy", 5, 1.0))[1] == {"copy": Action.YIELD}


def reported(trial: str, score: float, time: float, **more: Any) -> TrialHistory:
    return TrialHistory(trial, ((time, Report(trial, 1, score)),), started=0.0, **more)


ORDER = CopyOrder("1", source="0", evaluation=1)


@pytest.mark.parametrize(
    ("records", "orders"),
    [
        ([reported("0", 2.0, 1), reported("1", 1.0, 2)], (ORDER,)),
        ([reported("0", 2.0, 1), reported("1", 1.0, 2, stopped=True)], (ORDER,)),
        ([reported("0", 2.0, 1), reported("1", 1.0, 2), TrialHistory("4", replaces="1")], ()),
        ([reported("0", 2.0, 1), reported("1", 1.0, 2, stopped=True), reported("4", 3.0, 3, replaces="1")], ()),
    ],
    ids=["killed before the member closed", "before the copy was made", "after", "long after"],
)
def test_a_restart_makes_each_copy_once(records: list[TrialHistory], orders: tuple[CopyOrder, ...]) -> None:
    runner = RuleRunner(pbt())
    replay(runner, records)
    assert runner.orders == orders


def test_a_member_that_the_records_show_to_continue_is_not_replaced() -> None:
    runner = RuleRunner(pbt())
    later = TrialHistory("1", ((2.0, Report("1", 1, 1.0)), (3.0, Report("1", 2, 9.0))), started=0.0)
    replay(runner, [reported("0", 2.0, 1), later])
    assert runner.orders == ()


def test_new_trials_come_before_copies_and_these_in_turn_with_trials_that_yielded() -> None:
    runner = RuleRunner(pbt())
    new = iter(["0", "1", "2"])
    for _ in range(2):
        runner.next_trial(lambda: next(new))
    assert runner.report(Report("0", 1, 2.0)) is Action.YIELD
    assert runner.report(Report("1", 1, 1.0)) is Action.STOP
    handed_out = [
        runner.next_trial(lambda: next(new, None), lambda order: f"copy of {order.source}") for _ in range(3)
    ]
    assert handed_out == ["2", "0", "copy of 0"]


def test_a_copy_that_cannot_be_made_is_passed_over() -> None:
    runner = RuleRunner(pbt())
    new = iter(["0", "1"])
    for _ in range(2):
        runner.next_trial(lambda: next(new))
    runner.report(Report("0", 1, 2.0))
    runner.report(Report("1", 1, 1.0))
    assert runner.next_trial(lambda: None, lambda order: None) == "0"
    assert runner.next_trial(lambda: None, lambda order: None) is None
    with pytest.raises(ValueError, match="pass `copy` to make it"):
        runner.report(Report("2", 1, 0.0))
        runner.next_trial(lambda: None)


class _Trial(SimpleNamespace):
    """Stands in for a trial of Ray's."""

    def __init__(self, name: str) -> None:
        checkpoints = SimpleNamespace(checkpoint_config=SimpleNamespace(num_to_keep=None))
        super().__init__(
            trial_id=name,
            status=Trial.RUNNING,
            config={"x": 1.0},
            evaluated_params={},
            experiment_tag=name,
            run_metadata=SimpleNamespace(checkpoint_manager=checkpoints),
        )

    def __hash__(self) -> int:
        return hash(self.trial_id)

    def is_finished(self) -> bool:
        return bool(self.status == Trial.TERMINATED)


class _RayQuantiles(RayPbt):  # type: ignore[misc]  # Ray has no types
    """Notes what Ray's scheduler finds among the best and the worst."""

    told: tuple[set[str], set[str]] | None = None

    def _checkpoint_or_exploit(self, trial: Any, controller: Any, upper: Any, lower: Any) -> None:
        self.told = {item.trial_id for item in upper}, {item.trial_id for item in lower}


@settings(deadline=None, max_examples=60)
@given(
    draws=st.lists(st.integers(0, 5), min_size=1, max_size=50),
    quantile=st.sampled_from([0.1, 0.25, 0.5]),
    interval=st.integers(1, 3),
    seed=st.integers(0, 2**32),
)
def test_the_quantiles_are_those_of_ray(draws: list[int], quantile: float, interval: int, seed: int) -> None:
    """A trial that Ray's rule would change in place is over for both, and a new one comes in its place."""
    scores = iter(np.random.default_rng(seed).permutation(1000).tolist())
    ray = _RayQuantiles(
        time_attr="t",
        metric="score",
        mode="max",
        perturbation_interval=interval,
        quantile_fraction=quantile,
        hyperparam_mutations={"x": [1.0, 2.0]},
    )
    controller = SimpleNamespace(get_trials=list, search_alg=None)
    rule = pbt(trials=6, longest=1000, interval=interval, quantile=quantile)
    state = rule.initial_state()
    population = [_Trial(f"{n:04d}") for n in range(6)]
    made = dict.fromkeys((trial.trial_id for trial in population), 0)
    for trial in population:
        ray.on_trial_add(controller, trial)
    for drawn in draws:
        trial, ray.told = population[drawn], None
        made[trial.trial_id] += 1
        event = Report(trial.trial_id, made[trial.trial_id], float(next(scores)))
        ray.on_trial_result(controller, trial, {"t": event.evaluation, "score": event.score})
        state, actions = rule.decide(state, event)
        decided = actions.get(trial.trial_id)
        assert (decided is not None) == (ray.told is not None)
        if ray.told is not None:
            upper, lower = ray.told
            assert isinstance(decided, CopyOrder) == (trial.trial_id in lower)
        if isinstance(decided, CopyOrder):
            assert decided.source in upper
            trial.status = Trial.TERMINATED
            population[drawn] = _Trial(f"{len(made):04d}")
            made[population[drawn].trial_id] = 0
            ray.on_trial_add(controller, population[drawn])
