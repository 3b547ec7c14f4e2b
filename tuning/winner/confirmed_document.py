"""The content of `winner.json` of a confirmed winner: as it is chosen, and with the figures of the test."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweepbox.detection.checkpoint.files import WEIGHTS_FILE
from sweepbox.detection.core.files import sha256_of
from sweepbox.tuning.objective.goal import LATENCY, Metrics
from sweepbox.tuning.spec.confirm import ConfirmSpec
from sweepbox.tuning.storage.remote.content import have_content
from sweepbox.tuning.sweep.best import best_of_trial
from sweepbox.tuning.sweep.state import SweepState
from sweepbox.tuning.trial.evaluation import TEST_AS_EXPORTED, Part
from sweepbox.tuning.winner.choice import PARAMETERS, Choice, Contender
from sweepbox.tuning.winner.comparison import Comparison, compare
from sweepbox.tuning.winner.contenders import PartScores
from sweepbox.tuning.winner.document import VALIDATION_ONLY, winner_of
from sweepbox.tuning.winner.finalists import failed_runs
from sweepbox.tuning.winner.flattery import flattery
from sweepbox.tuning.winner.post_processing import KEY
from sweepbox.tuning.winner.score import BootstrappedScore
from sweepbox.tuning.winner.verdict import verdict_text

NO_INTERVAL = "the objective has no interval, so no difference is shown or excluded"


def frozen_winner(
    state: SweepState,
    confirm: ConfirmSpec,
    choice: Choice,
    *,
    has_test: bool,
    looks: Sequence[Mapping[str, Any]],
    post_processing: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the winner as it is chosen, before the test part is read.

    The exported weights are those of the winning config's seed with the best validation score.

    Args:
        state: The sweep.
        confirm: How the winner is confirmed.
        choice: The choice.
        has_test: Whether there is a test part, which is to be read next.
        looks: The readings of the test part so far.
        post_processing: Suppression and thresholds that were chosen for the exported weights; None for none.
    """
    _, run = choice.winner.best_run(state.objective)
    best = best_of_trial(run, state.objective)
    mean, deviation = _mean_and_deviation(_chosen_by(choice.winner, state))
    return {
        **winner_of(state, best),
        "validation": {"value": best.value, "mean": mean, "sd": deviation},
        "test": None,
        "interval": _interval_json(choice.winner.score),
        "interval_method": choice.winner.interval_method,
        "seeds": _seeds_json(choice.winner, state),
        "folds": _folds_json(choice.winner, state),
        "tie_with": list(choice.tie_with),
        "against_base": _against_base(choice),
        "verdict": f"{VALIDATION_ONLY}: {_verdict(choice, choice.with_base)}",
        "flattery": None,
        KEY: post_processing,
        "test_looks": [dict(look) for look in looks],
        "confirmation": {
            "top": confirm.top,
            "seeds": confirm.seeds,
            "folds": confirm.folds,
            "searched": state.searched_count,
            "complete": not has_test,
            "winner": choice.winner.name,
            "finalists": [_finalist_json(item, state) for item in choice.contenders],
            "failed": _failed(state, confirm),
        },
    }


def _weights_hash(state: SweepState, trial_id: str) -> str:
    path = state.folder.trial(trial_id).best / WEIGHTS_FILE
    have_content(path)
    return sha256_of(path)


def look_of(state: SweepState, contenders: Sequence[Contender]) -> dict[str, Any]:
    """Return the entry of `test_looks` on a reading of the test part now.

    It has the time, how many trials of the search had ended, and which weights are evaluated.
    """
    weights = [
        {"trial": run.id, "seed": seed, "sha256": _weights_hash(state, run.id)}
        for contender in contenders
        for seed, run in contender.runs.items()
    ]
    return {"time": round(time.time(), 3), "searched": state.searched_count, "weights": weights}


@dataclass(frozen=True)
class TestResults:
    """The metrics of the finalists' trainings on the test part, by trial.

    Attributes:
        metrics: With the suppression of their configs, by which they were compared.
        exported: Those of the winner that depend on detections, with the suppression of its export; None where
            that is its config's own.
    """

    __test__ = False  # pytest takes classes of this name for tests

    metrics: Mapping[str, Metrics]
    exported: Mapping[str, Metrics] | None = None

    def as_exported(self, trial_id: str) -> dict[str, float]:
        """Return all metrics of a training of the winner; losses and costs do not depend on suppression."""
        changed = {} if self.exported is None else self.exported[trial_id]
        return {**self.metrics[trial_id], **changed}


def tested_winner(
    frozen: Mapping[str, Any], state: SweepState, choice: Choice, results: TestResults
) -> dict[str, Any]:
    """Return the frozen winner with the figures of the test part, which change nothing of the choice.

    Those of the winner are as its export detects, comparisons are with the configs' own suppression.
    """
    scores = PartScores.read(choice.contenders, state, Part.TEST)
    comparison = _on_test(choice, scores)
    tested = {name: state.objective.value(found) for name, found in results.metrics.items()}
    exported = {run.id: results.as_exported(run.id) for run in choice.winner.runs.values()}
    values = {name: state.objective.value(found) for name, found in exported.items()}
    own = _test_figure(tested, choice.winner, str(frozen["trial"]), scores)
    figure = own
    if results.exported is not None:
        as_exported = PartScores.read([choice.winner], state, TEST_AS_EXPORTED)
        figure = _test_figure(values, choice.winner, str(frozen["trial"]), as_exported)
    confirmation = {
        **frozen["confirmation"],
        "complete": True,
        "finalists": [_with_test(entry, tested) for entry in frozen["confirmation"]["finalists"]],
    }
    against = frozen["against_base"]
    return {
        **frozen,
        "test": {
            **figure,
            "metrics": exported[str(frozen["trial"])],
            "own_suppression": None if results.exported is None else own,
        },
        "seeds": _seeds_with_test(frozen["seeds"], values),
        "against_base": None if against is None else {**against, "test": _comparison_json(comparison)},
        "verdict": f"on the test part: {_verdict(choice, comparison)}",
        "flattery": _flattery(choice, scores),
        "confirmation": confirmation,
    }


def _test_figure(
    values: Mapping[str, float], winner: Contender, trial_id: str, scores: PartScores
) -> dict[str, Any]:
    """Return the value of the exported weights, mean and deviation over the seeds, and interval of the mean."""
    mean, deviation = _mean_and_deviation([values[run.id] for run in winner.runs.values()])
    interval = _interval_json(scores.of(winner))
    return {"value": values[trial_id], "mean": mean, "sd": deviation, "interval": interval}


def _with_test(entry: Mapping[str, Any], tested: Mapping[str, float]) -> dict[str, Any]:
    """Return a finalist's entry with its test values by trial."""
    seeds = _seeds_with_test(entry["seeds"], tested)
    mean, deviation = _mean_and_deviation([item["test"] for item in seeds])
    return {**entry, "seeds": seeds, "test": {"mean": mean, "sd": deviation}}


def _seeds_with_test(seeds: Sequence[Mapping[str, Any]], tested: Mapping[str, float]) -> list[dict[str, Any]]:
    return [{**entry, "test": tested[entry["trial"]]} for entry in seeds]


def _on_test(choice: Choice, scores: PartScores) -> Comparison | None:
    """Return the comparison with the base config on the test part; None where there are no scores."""
    challenger, base = choice.challenger, choice.base
    if challenger is None or base is None:
        return None
    first, second = scores.of(challenger), scores.of(base)
    return None if first is None or second is None else compare(first, second)


def _verdict(choice: Choice, comparison: Comparison | None) -> str:
    """Return in words what the comparison of the winner with the base config says.

    Where the base config is the winner itself, it is compared with the best of the other finalists.
    """
    if choice.base is None:
        return "no training of the base config finished, so there is nothing to compare with"
    if choice.challenger is None:
        return "the base config is the only finalist"
    text = NO_INTERVAL if comparison is None else verdict_text(comparison)
    if not choice.winner.finalist.is_base:
        return text
    return f"the base config wins; the best config of the search, {choice.challenger.name}: {text}"


def _against_base(choice: Choice) -> dict[str, Any] | None:
    base = choice.base
    if base is None or base is choice.winner:
        return None
    return {"base": base.name, "validation": _comparison_json(choice.with_base), "test": None}


def _comparison_json(comparison: Comparison | None) -> dict[str, Any] | None:
    if comparison is None:
        return None
    return {
        "difference": comparison.difference,
        "interval": [comparison.interval.low, comparison.interval.high],
        "is_tie": comparison.is_tie,
        "smallest_difference": comparison.smallest_difference,
        "images": comparison.images,
    }


def _flattery(choice: Choice, scores: PartScores) -> dict[str, Any] | None:
    test = scores.of(choice.winner)
    candidates = [item.score for item in choice.contenders if item.score is not None]
    if test is None or choice.winner.score is None:
        return None
    found = flattery(choice.winner.score, test, candidates)
    return {
        "difference": found.difference,
        "interval": [found.interval.low, found.interval.high],
        "expected": found.expected,
    }


def _finalist_json(contender: Contender, state: SweepState) -> dict[str, Any]:
    mean, deviation = _mean_and_deviation(_chosen_by(contender, state))
    metrics = contender.metrics
    return {
        "name": contender.name,
        "is_base": contender.finalist.is_base,
        "fingerprint": contender.finalist.fingerprint,
        "validation": {"mean": mean, "sd": deviation},
        "interval": _interval_json(contender.score),
        "constraints_met": state.objective.violation(metrics) == 0,
        "latency_ms": metrics.get(LATENCY),
        "parameters": metrics.get(PARAMETERS),
        "seeds": _seeds_json(contender, state),
        "folds": _folds_json(contender, state),
        "test": None,
    }


def _seeds_json(contender: Contender, state: SweepState) -> list[dict[str, Any]]:
    values = _values(contender, state)
    return [
        {"seed": seed, "trial": run.id, "validation": value, "test": None}
        for (seed, run), value in zip(contender.runs.items(), values, strict=True)
    ]


def _folds_json(contender: Contender, state: SweepState) -> list[dict[str, Any]] | None:
    """Return the cross-validation of each seed: the value over all images, and those of the folds."""
    if not contender.folds:
        return None
    return [
        {
            "seed": seed,
            "value": state.objective.value(found.metrics),
            "folds": [
                {"fold": number, "trial": run.id, "validation": state.objective.value(run.best.metrics)}
                for number, run in enumerate(found.runs, start=1)
                if run.best is not None
            ],
        }
        for seed, found in contender.folds.items()
    ]


def _failed(state: SweepState, confirm: ConfirmSpec) -> list[dict[str, Any]]:
    """Return the trainings of finalists that came to no result."""
    return [
        {
            "name": wanted.finalist.name,
            "seed": wanted.seed,
            "fold": None if wanted.fold is None else wanted.fold.number,
            "trial": run.id,
            "state": str(run.state),
            "error": run.status.error,
        }
        for wanted, run in failed_runs(state, confirm).items()
    ]


def _values(contender: Contender, state: SweepState) -> list[float]:
    """Return the value of each training's weights on the validation part."""
    return [state.objective.value(run.best.metrics) for run in contender.runs.values() if run.best is not None]


def _chosen_by(contender: Contender, state: SweepState) -> list[float]:
    """Return the value of each seed by which a finalist is chosen."""
    return [state.objective.value(metrics) for metrics in contender.by_seed.values()]


def _mean_and_deviation(values: Sequence[float]) -> tuple[float, float | None]:
    """Return the mean and the standard deviation; None of a single value."""
    mean = sum(values) / len(values)
    if len(values) < 2:
        return mean, None
    return mean, math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _interval_json(score: BootstrappedScore | None) -> list[float] | None:
    if score is None:
        return None
    found = score.interval()
    return [found.low, found.high]
