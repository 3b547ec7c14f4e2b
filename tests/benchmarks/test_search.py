"""The synthetic families are what their names state, and simulated sweeps are suggested in order."""

from itertools import pairwise
from typing import Any

import pytest

from experiments.benchmarks.ours.search import TARGET, compute_to_target, left_out
from experiments.benchmarks.search_families import (
    EVALUATIONS,
    HUE,
    Optimum,
    crossing_curves,
    family_of,
    late_rare_class,
)
from experiments.benchmarks.suite.search import mean_compute


def at(optimum: Optimum, **shares: float) -> dict[str, Any]:
    """Return the parameters of the optimum, some at other shares of their ranges."""
    share = {**vars(optimum), **shares}
    return {
        "learning_rate": 1e-4 * 1000 ** share["learning_rate"],
        "focal_gamma": 0.5 + 2.5 * share["focal_gamma"],
        "warmup_steps": 1000 * share["warmup_steps"],
        "optimizer": optimum.optimizer,
        HUE: True,
        f"{HUE}.max_delta": 0.2 * share["max_delta"],
    }


@pytest.mark.parametrize("name", ["crossing curves", "late rare class"])
@pytest.mark.parametrize("seed", range(3))
def test_the_best_score_is_1_at_the_end_of_the_optimum(name: str, seed: int) -> None:
    optimum, family = Optimum.of(seed), family_of(name)
    best = family.scores(at(optimum), seed)
    assert len(best) == EVALUATIONS
    assert best[-1] == pytest.approx(1)
    assert list(best) == sorted(best)
    worse = at(optimum, warmup_steps=0.0) | {"optimizer": "other"}
    assert family.scores(worse, seed)[-1] < 0.9


def test_a_high_learning_rate_leads_early_and_loses() -> None:
    optimum = Optimum.of(0)
    slow, fast = (crossing_curves(at(optimum, learning_rate=rate), optimum) for rate in (0.3, 0.7))
    assert fast[0] > slow[0]
    assert fast[-1] < slow[-1]


def test_the_rare_class_appears_late() -> None:
    optimum = Optimum.of(0)
    scores = late_rare_class(at(optimum), optimum)
    gains = [after - before for before, after in pairwise(scores)]
    rising = [number for number, (before, after) in enumerate(pairwise(gains), start=2) if after > before]
    assert rising
    assert rising[0] > EVALUATIONS / 2


@pytest.mark.parametrize("rule", ["none", "asha"])
def test_a_simulated_sweep_is_deterministic_and_ends(rule: str) -> None:
    task = ("crossing curves", "tpe", rule, 1, 40)
    compute = compute_to_target(task)
    assert compute is None or 0 < compute <= 40
    assert compute_to_target(task) == compute


def test_results_reach_the_sampler_while_trials_run(monkeypatch: pytest.MonkeyPatch) -> None:
    computed = [compute_to_target(("crossing curves", sampler, "none", 0, 64)) for sampler in ("tpe", "random")]
    assert computed[0] is not None, f"TPE comes to {TARGET} where random search does not"
    assert computed[1] is None


def test_samplers_that_cannot_search_the_space_are_left_out_with_the_reason() -> None:
    reasons = dict(left_out())
    assert reasons["grid"].startswith("space.learning_rate: grid takes")
    assert "tpe" not in reasons


def test_a_censored_sweep_counts_with_all_its_trials() -> None:
    assert mean_compute([10.0, None], all_trials=64) == 37
