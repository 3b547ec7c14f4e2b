import pickle
from pathlib import Path
from typing import Any

import pytest

from sweepbox.tuning.search.observation import Observation, ObservedState
from sweepbox.tuning.search.samplers.cmaes import CMAES
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.search.suggestions import Suggestions
from sweepbox.tuning.spec.schema import Distribution

from .sampler_contract import SPACE, Sweep

BOWL = Space({"a": Distribution(uniform=[0, 1]), "b": Distribution(log_uniform=[1, 100])}, {})
GENERATION = 6
"""The trials of a generation in two dimensions."""


class Payload:
    """Writes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def finished(number: int, parameters: dict[str, Any], score: float, **more: Any) -> Observation:
    return Observation(number, parameters, ObservedState.FINISHED, (score,), **more)


def test_a_pickle_in_the_attributes_of_a_folder_is_not_read(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    pickled = pickle.dumps(Payload(trap)).hex()
    attributes = {"trial": {"cma:optimizer:0": pickled, "cma:generation": 0, "cmaes:generation": pickled}}
    observations = [finished(number, {"a": 0.5, "b": 10.0}, 0.5, attributes=attributes) for number in range(16)]
    Suggestions(CMAES(), BOWL, seed=0, observations=observations).suggest()
    assert not trap.exists()
    pickle.loads(bytes.fromhex(pickled))  # noqa: S301 - that the payload works is what the test needs
    assert trap.exists()


def test_nothing_is_kept_in_attributes() -> None:
    sweep = Sweep(CMAES())
    sweep.run()
    assert all(not observation.attributes for observation in sweep.observations)


def test_the_distribution_moves_to_the_best_trials() -> None:
    suggestions = Suggestions(CMAES(), BOWL, seed=0)
    for number in range(120):
        suggested = suggestions.suggest().parameters
        worth = -((float(suggested["a"]) - 0.9) ** 2) - (float(suggested["b"]) / 100 - 0.05) ** 2
        suggestions.close(number, ObservedState.FINISHED, scores=(worth,))
    last = suggestions.suggest().parameters
    assert last["a"] == pytest.approx(0.9, abs=0.05)
    assert last["b"] == pytest.approx(5, abs=2)


def test_trials_that_it_did_not_suggest_count() -> None:
    known = [finished(number, {"a": 0.99, "b": 2.0}, 1 - number / 100) for number in range(GENERATION)]
    without = Suggestions(CMAES(), BOWL, seed=0)
    for _ in known:
        without.suggest()
    with_known = Suggestions(CMAES(), BOWL, seed=0, observations=known)
    assert with_known.suggest().parameters != without.suggest().parameters


def test_a_trial_that_meets_the_constraints_is_better() -> None:
    def suggested(violation: float) -> Any:
        known = [
            finished(0, {"a": 0.9, "b": 10.0}, 0.9, constraints={"AP/rare": violation}),
            *(
                finished(number, {"a": number / 10, "b": 10.0}, 0.1, constraints={"AP/rare": -1.0})
                for number in range(1, GENERATION)
            ),
        ]
        return Suggestions(CMAES(), BOWL, seed=0, observations=known).suggest().parameters["a"]

    assert suggested(-0.1) > suggested(0.1)


def test_a_space_without_ranges_is_refused() -> None:
    space = Space({"optimizer": Distribution(choice=["adam", "momentum"])}, {})
    (line,) = CMAES().problems(space)
    assert line.startswith("sampler.type: cmaes models real and whole-number ranges")
    assert line.endswith("use tpe")
    assert CMAES().problems(SPACE) == ()
