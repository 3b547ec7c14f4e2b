"""The Optuna study of a sweep: a SQLite file that optuna-dashboard shows live."""

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from detection.config.edits import Edit
from detection.core.seeds import derive_seed
from tuning.folder import SweepFolder
from tuning.objective import Mode, Objective
from tuning.space import Space
from tuning.spec import Scalar, SearcherSpec, SweepSpec
from tuning.trial_record import Evaluation, TrialState

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from optuna.study import Study
    from optuna.trial import FrozenTrial


class SweepStudy:
    """Proposes settings and keeps what came of them. Only the process that runs the sweep writes to it."""

    def __init__(self, folder: SweepFolder, spec: SweepSpec) -> None:
        """Open the sweep's study, or begin it."""
        self._spec = spec
        self._objective = Objective.of(spec.objective)
        self._space = Space.of(spec)
        self._study = _open(folder, spec, self._objective)
        # Every question to the storage is a transaction; what this process wrote itself it need not ask for.
        self._known = [_Known.of(trial) for trial in self._study.get_trials(deepcopy=False)]

    def ask(self) -> tuple[int, tuple[Edit, ...], dict[str, Scalar]]:
        """Return the next trial's number, its edits of the base config, and the parameters that were proposed.

        The proposal depends on the seed, the number and the trials told so far, not on where the process was
        restarted.
        """
        number = len(self._known)
        self._study.sampler = _sampler(
            self._spec.searcher, derive_seed(self._spec.seed, "searcher", number) % 2**32
        )
        trial = self._study.ask()
        edits = self._space.propose(trial)
        self._known.append(_Known(trial._trial_id))
        return trial.number, edits, dict(trial.params)

    def unfinished(self) -> list[int]:
        """Return the numbers of the trials that were asked for and not told yet."""
        return [number for number, known in enumerate(self._known) if not known.told]

    def repeat(self, number: int) -> tuple[tuple[Edit, ...], dict[str, Scalar]] | None:
        """Return edits and parameters of an earlier proposal; None where a crash cut it short."""
        from optuna.trial import FixedTrial

        parameters: dict[str, Any] = dict(self._study.get_trials(deepcopy=False)[number].params)
        try:
            return self._space.propose(FixedTrial(parameters, number)), parameters
        except ValueError:
            return None

    def describe(self, number: int, attributes: Mapping[str, Any]) -> None:
        """Attach facts to a trial, for the dashboard."""
        for name, value in attributes.items():
            self._study._storage.set_trial_user_attr(self._known[number].storage_id, name, value)

    def report(self, number: int, evaluations: Iterable[Evaluation]) -> None:
        """Attach evaluations to a trial that has not been told, each as an intermediate value."""
        known = self._known[number]
        if known.told:
            return
        for item in evaluations:
            if item.evaluation not in known.reported:
                score = self._objective.score(item.metrics)
                self._study._storage.set_trial_intermediate_value(known.storage_id, item.evaluation, score)
                known.reported.add(item.evaluation)

    def tell(self, number: int, state: TrialState, best: Evaluation | None) -> None:
        """Close a trial with its best evaluation's score; one without counts as failed. Twice is once."""
        from optuna.trial import TrialState as StudyState

        known = self._known[number]
        if known.told:
            return
        if best is None or state is TrialState.FAILED:
            self._study.tell(number, state=StudyState.FAIL)
        else:
            self.describe(number, {"best_evaluation": best.evaluation, "metrics": dict(best.metrics)})
            if state is TrialState.STOPPED_EARLY:
                self._study.tell(number, state=StudyState.PRUNED)
            else:
                self._study.tell(number, self._objective.score(best.metrics))
        known.told = True


@dataclass
class _Known:
    """What is known of a trial in the storage: its id there, the evaluations reported, whether it is closed."""

    storage_id: int
    reported: set[int] = field(default_factory=set)
    told: bool = False

    @classmethod
    def of(cls, trial: "FrozenTrial") -> "_Known":
        """Return what the storage says of a trial."""
        return cls(trial._trial_id, set(trial.intermediate_values), trial.state.is_finished())


def _open(folder: SweepFolder, spec: SweepSpec, objective: Objective) -> "Study":
    import optuna
    from optuna.exceptions import ExperimentalWarning
    from optuna.storages import RDBStorage

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    direction: Literal["maximize", "minimize"] = "maximize" if objective.mode is Mode.MAX else "minimize"
    storage = RDBStorage(f"sqlite:///{folder.study.resolve()}", engine_kwargs={"connect_args": {"timeout": 60}})
    study = optuna.create_study(storage=storage, study_name=spec.name, direction=direction, load_if_exists=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        study.set_metric_names([objective.metric])
    return study


def _sampler(searcher: SearcherSpec, seed: int) -> "BaseSampler":
    """Return a sampler; TPE models parameters jointly, conditional ones by group, and spreads proposals."""
    from optuna.exceptions import ExperimentalWarning
    from optuna.samplers import RandomSampler, TPESampler

    if searcher.type == "random":
        return RandomSampler(seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return TPESampler(
            n_startup_trials=searcher.startup_trials,
            seed=seed,
            multivariate=True,
            group=True,
            constant_liar=True,
        )
