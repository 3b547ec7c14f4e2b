"""The choice among the finalists by their mean validation score over seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sweepbox.tuning.objective.goal import LATENCY, Metrics
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.objective.order import Merit, merits
from sweepbox.tuning.objective.ranking import Candidate, best_of
from sweepbox.tuning.sweep.trial_result import TrialResult
from sweepbox.tuning.winner.comparison import Comparison, compare
from sweepbox.tuning.winner.cross_validation import CrossValidation, mean_metrics
from sweepbox.tuning.winner.finalists import Finalist
from sweepbox.tuning.winner.score import BootstrappedScore

PARAMETERS = "parameters"


@dataclass(frozen=True, eq=False)
class Contender:
    """A finalist with its finished trainings.

    Attributes:
        finalist: The finalist.
        runs: Its finished trainings on the training part by seed; at least one.
        score: The bootstrapped value of the first goal on the validation part; None where the goal cannot be
            computed from matches of images.
        folds: Its cross-validations by seed, of which all trainings have finished; by these it is chosen where
            there are any, else by `runs`.
    """

    finalist: Finalist
    runs: Mapping[int, TrialResult]
    score: BootstrappedScore | None = None
    folds: Mapping[int, CrossValidation] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The finalist's name."""
        return self.finalist.name

    @property
    def by_seed(self) -> dict[int, Metrics]:
        """The metrics by which it is chosen, by seed: of its cross-validation, or of its best evaluation."""
        if self.folds:
            return {seed: found.metrics for seed, found in self.folds.items()}
        return {seed: run.best.metrics for seed, run in self.runs.items() if run.best is not None}

    @property
    def metrics(self) -> dict[str, float]:
        """The mean over seeds of each metric."""
        return mean_metrics(list(self.by_seed.values()))

    @property
    def interval_method(self) -> str | None:
        """How the interval of the score is computed, in words; None without a score."""
        if self.score is None:
            return None
        if self.folds:
            return "bootstrap over the images of all folds, jackknife over folds"
        return "bootstrap over images" + (" and seeds" if len(self.by_seed) > 1 else "")

    def best_run(self, objective: Objective) -> tuple[int, TrialResult]:
        """Return the seed whose weights have the best score on the validation part, and its training."""
        candidates = [
            Candidate(run.id, run.best.evaluation, run.best.metrics)
            for run in self.runs.values()
            if run.best is not None
        ]
        best = best_of(candidates, objective)
        if best is None:
            raise ValueError(f"finalist {self.name} has no training to compare")
        return next((seed, run) for seed, run in self.runs.items() if run.id == best.trial)


@dataclass(frozen=True, eq=False)
class Choice:
    """The winner among the finalists, and why.

    Attributes:
        winner: The chosen finalist.
        contenders: All finalists that were compared, the best mean first.
        tie_with: The names of the others between which and the best mean the data do not tell.
        with_base: The comparison of the `challenger` with the base config; None where one of them is missing or
            there are no intervals.
    """

    winner: Contender
    contenders: tuple[Contender, ...]
    tie_with: tuple[str, ...]
    with_base: Comparison | None

    @property
    def challenger(self) -> Contender | None:
        """The config that is compared with the base: the winner, or where that is the base the next best."""
        return _challenger(self.winner, self.contenders)

    @property
    def base(self) -> Contender | None:
        """The base config, None where none of its trainings has finished."""
        return next((item for item in self.contenders if item.finalist.is_base), None)


def choose(contenders: Sequence[Contender], objective: Objective) -> Choice:
    """Choose the winner: the best mean by constraints and first goal, or of a tie the cheapest.

    A finalist ties with the best mean where it meets the constraints as well, and the 90 % interval of their
    paired difference contains 0. Of these the one with the lowest latency wins, then the one with the fewest
    parameters, then the better mean. A latency counts only where it is known of all of them.

    Args:
        contenders: The finalists, in the order of the search; at least one.
        objective: The objective; with several goals the first decides.
    """
    ordered = _by_mean(contenders, objective)
    leader = ordered[0]
    tied = [other for other in ordered[1:] if _ties(leader, other, objective)]
    winner = min([leader, *tied], key=_cost_of([leader, *tied]))
    names = tuple(item.name for item in (leader, *tied) if item is not winner)
    return Choice(winner, tuple(ordered), names, _with_base(winner, ordered))


def _by_mean(contenders: Sequence[Contender], objective: Objective) -> list[Contender]:
    """Return the contenders, best mean first; of equals the one that the search found better."""
    found = [objective.merit(contender.metrics) for contender in contenders]
    numbers = merits([Merit(merit.scores[:1], merit.violations) for merit in found])
    order = sorted(range(len(contenders)), key=lambda index: -numbers[index])
    return [contenders[index] for index in order]


def _ties(leader: Contender, other: Contender, objective: Objective) -> bool:
    if objective.violation(other.metrics) > objective.violation(leader.metrics):
        return False
    if leader.score is None or other.score is None:
        return objective.value(other.metrics) == objective.value(leader.metrics)
    return compare(leader.score, other.score).is_tie


def _cost_of(contenders: Sequence[Contender]) -> "_Cost":
    return _Cost(has_latency=all(LATENCY in contender.metrics for contender in contenders))


@dataclass(frozen=True)
class _Cost:
    """Orders contenders by what their detectors cost."""

    has_latency: bool

    def __call__(self, contender: Contender) -> tuple[float, float]:
        """Return latency and number of parameters."""
        metrics = contender.metrics
        latency = metrics[LATENCY] if self.has_latency else 0.0
        return latency, metrics.get(PARAMETERS, float("inf"))


def _challenger(winner: Contender, ordered: Sequence[Contender]) -> Contender | None:
    if not winner.finalist.is_base:
        return winner
    return next((item for item in ordered if item is not winner), None)


def _with_base(winner: Contender, ordered: Sequence[Contender]) -> Comparison | None:
    base = next((item for item in ordered if item.finalist.is_base), None)
    challenger = _challenger(winner, ordered)
    if base is None or challenger is None or base.score is None or challenger.score is None:
        return None
    return compare(challenger.score, base.score)
