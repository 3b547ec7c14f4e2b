import pytest

from sweepbox.tuning.search.observation import Observation, ObservedState
from sweepbox.tuning.search.samplers.nsga2 import NSGA2
from sweepbox.tuning.search.samplers.random import Random
from sweepbox.tuning.search.samplers.tpe import TPE
from sweepbox.tuning.search.suggestions import Suggestions

from .sampler_contract import SPACE, Sweep

EARLIER_SWEEPS = {
    "learning_rate": [0.000200707498503281, 0.0033872298674273455, 0.0003255252601665187],
    "random_adjust_hue": [False, True, True],
}
"""What a sweep of seed 7 began with before the samplers had a folder."""


@pytest.mark.parametrize("sampler", [TPE(), Random()], ids=["tpe", "random"])
def test_sweeps_of_earlier_versions_go_on_with_the_same_suggestions(sampler: TPE | Random) -> None:
    space = SPACE.__class__(
        {name: SPACE.fields[name] for name in ("learning_rate", "warmup_steps", "optimizer")},
        SPACE.augmentations,
    )
    suggested = Sweep(sampler, space=space, seed=7).run(3)
    for name, values in EARLIER_SWEEPS.items():
        assert [parameters[name] for parameters in suggested] == values


def test_startup_trials_are_those_that_know_nothing() -> None:
    few, many = (Sweep(TPE(startup_trials=count), seed=1).run(12) for count in (2, 12))
    assert few[:4] == many[:4], "of the first four, two have ended when the fourth is suggested"
    assert few != many


def test_a_trial_is_closed_once_with_the_last_report_of_each_evaluation() -> None:
    suggestions = Suggestions(Random(), SPACE, seed=0)
    suggestions.suggest()
    suggestions.report(0, 1, 0.9)
    suggestions.report(0, 1, 0.3)
    suggestions.close(0, ObservedState.STOPPED_EARLY)
    suggestions.report(0, 2, 0.9)
    suggestions.close(0, ObservedState.FINISHED, scores=(0.9,))
    trial = suggestions.trial(0)
    assert (trial.state.name, trial.values, trial.intermediate_values) == ("PRUNED", [0.3], {1: 0.3})


@pytest.mark.parametrize("sampler", [TPE(startup_trials=3), NSGA2(population_size=4)], ids=["tpe", "nsga2"])
def test_several_goals_take_trials_that_end_in_any_way(sampler: TPE | NSGA2) -> None:
    """Stopped, failed and infeasible trials; Optuna's TPE fails on pruned trials of several objectives."""
    suggestions = Suggestions(sampler, SPACE, seed=2, directions=["maximize", "minimize"])
    endings = [ObservedState.FINISHED, ObservedState.STOPPED_EARLY, ObservedState.FAILED]
    for number in range(20):
        rate = float(suggestions.suggest().parameters["learning_rate"])
        state = endings[number % 3]
        scores = () if state is ObservedState.FAILED else (rate, 1000 * rate)
        if scores:
            suggestions.report(number, 1, rate)
        slack = 0.5 if number % 4 == 1 else -0.5
        suggestions.close(number, state, scores=scores, constraints={"AP >= 0.4": slack} if scores else {})
    trials = [suggestions.trial(number) for number in range(20)]
    assert [trial.state.name for trial in trials[:3]] == ["COMPLETE", "COMPLETE", "FAIL"]
    assert all(len(trial.values or ()) == 2 for trial in trials if trial.state.name == "COMPLETE")
    late = [trial.params["learning_rate"] for trial in trials[3:]]
    assert len(set(late)) > 1


def test_a_number_is_observed_once() -> None:
    suggestions = Suggestions(Random(), SPACE, seed=0)
    suggestions.suggest()
    with pytest.raises(ValueError, match="trial 0 is here already"):
        suggestions.add(Observation(0, {}, ObservedState.FAILED))


def test_a_snapshot_of_a_trial_is_not_changed_later() -> None:
    suggestions = Suggestions(Random(), SPACE, seed=0)
    suggestions.suggest()
    before = suggestions.trial(0)
    suggestions.report(0, 1, 0.3)
    suggestions.close(0, ObservedState.FINISHED, scores=(0.3,))
    assert (before.state.name, before.intermediate_values) == ("RUNNING", {})
