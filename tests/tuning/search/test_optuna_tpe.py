"""TPE fitted to some of many trials: those that Optuna takes for good stay, and few trials are not touched."""

import random
from collections.abc import Iterator

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.samplers import TPESampler
from optuna.samplers._tpe.sampler import _split_trials
from optuna.trial import TrialState, create_trial

from sweepbox.tuning.search.samplers.optuna_tpe import (
    MOST_ENDED,
    MOST_GOOD,
    WindowedTPESampler,
    _Window,
)

ENDED = (TrialState.COMPLETE, TrialState.PRUNED)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(level)


def study_of(
    count: int, *, finished: float, infeasible: float = 0.0, direction: str = "maximize"
) -> optuna.Study:
    """Return a study of trials with random results, of which shares are finished and infeasible."""
    draw = random.Random(count)  # noqa: S311 - no secret
    study = optuna.create_study(direction=direction)
    for _ in range(count):
        x, curve = draw.random(), {step: draw.random() for step in range(1, draw.randint(2, 5))}
        is_finished = draw.random() < finished
        study.add_trial(
            create_trial(
                state=TrialState.COMPLETE if is_finished else TrialState.PRUNED,
                value=curve[max(curve)],
                params={"x": x},
                distributions={"x": FloatDistribution(0, 1)},
                intermediate_values=curve,
                constraints={"floor": 1.0 if draw.random() < infeasible else -1.0},
            )
        )
    return study


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
@pytest.mark.parametrize(
    ("finished", "infeasible"), [(1.0, 0.0), (0.01, 0.0), (0.5, 0.3), (0.02, 0.99), (0.0, 1.0)]
)
def test_the_good_trials_are_optunas_and_the_others_the_latest(
    finished: float, infeasible: float, direction: str
) -> None:
    study = study_of(MOST_ENDED + 300, finished=finished, infeasible=infeasible, direction=direction)
    study.ask()  # one that runs
    everything = study.get_trials(deepcopy=False, states=ENDED)
    shown = _Window(study)._get_trials(states=ENDED)
    assert len(shown) == MOST_ENDED
    good, others = ({trial.number for trial in part} for part in _split_trials(study, everything, MOST_GOOD))
    seen_good, seen_others = (
        {trial.number for trial in part} for part in _split_trials(study, shown, MOST_GOOD)
    )
    assert seen_good == good
    assert seen_others == set(sorted(others)[-len(seen_others) :])
    assert len(_Window(study)._get_trials()) == MOST_ENDED + 1


@pytest.mark.parametrize("count", [5, MOST_ENDED])
def test_few_trials_give_optunas_own_suggestion(count: int) -> None:
    suggested = []
    for sampler in (TPESampler, WindowedTPESampler):
        study = study_of(count, finished=0.5)
        study.sampler = sampler(seed=3, multivariate=True, constant_liar=True)
        suggested.append(study.ask({"x": FloatDistribution(0, 1)}).params)
    assert suggested[0] == suggested[1]


def test_suggestions_from_many_trials_lie_in_the_space_and_spread() -> None:
    study = study_of(MOST_ENDED + 100, finished=0.5)
    study.sampler = WindowedTPESampler(seed=3, multivariate=True, constant_liar=True)
    first, second = (study.ask({"x": FloatDistribution(0, 1)}).params["x"] for _ in range(2))
    assert 0 <= first <= 1
    assert 0 <= second <= 1
    assert first != second


def test_several_scores_are_left_to_optuna() -> None:
    study = optuna.create_study(directions=["maximize", "minimize"])
    study.sampler = sampler = WindowedTPESampler(seed=3)
    assert sampler._windowed(study) is study
