"""The Optuna study of a sweep: proposes settings in memory, and keeps a SQLite file that follows."""

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from sweepbox.detection.config.edits import Edit
from sweepbox.detection.core.seeds import derive_seed
from sweepbox.tuning.objective.objective import Objective
from sweepbox.tuning.search.samplers.sampler import SamplerContext
from sweepbox.tuning.search.samplers.table import sampler_of
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.spec.schema import Scalar, SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.study_file import StudyFile
from sweepbox.tuning.storage.trial_record import Evaluation, TrialState

if TYPE_CHECKING:
    from optuna.trial import FixedTrial, FrozenTrial


class SweepStudy:
    """Proposes settings and keeps what came of them; `write` and `write_behind` bring the file in step."""

    def __init__(self, folder: SweepFolder, spec: SweepSpec) -> None:
        """Open the sweep's study, or begin it."""
        import optuna

        self._spec = spec
        self._objective = Objective.of(spec.objective)
        self._space = Space.of(spec)
        self._file = StudyFile(folder, spec.name, self._objective)
        self._study = optuna.create_study(study_name=spec.name, direction=self._file.direction)
        self._study.add_trials(self._file.trials)
        self._changed: set[int] = set()
        self._lock = threading.Lock()  # of `_changed`, which the thread that writes the file empties
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="study-writer")
        self._writing: Future[None] | None = None

    def __len__(self) -> int:
        """Return the number of trials that were asked for."""
        return len(self._study.get_trials(deepcopy=False))

    def ask(self) -> tuple[int, tuple[Edit, ...], dict[str, Scalar]]:
        """Return the next trial's number, its edits of the base config, and the parameters that were proposed.

        The proposal depends on the seed, the number and the trials told so far, not on where the process was
        restarted.
        """
        number = len(self)
        seed = derive_seed(self._spec.seed, "searcher", number) % 2**32
        self._study.sampler = sampler_of(self._spec.sampler).build(SamplerContext(self._space, 0, seed))
        trial = self._study.ask()
        edits = self._space.suggest(trial)
        self._mark(number)
        return trial.number, edits, dict(trial.params)

    def unfinished(self) -> list[int]:
        """Return the numbers of the trials that were asked for and not told yet."""
        trials = self._study.get_trials(deepcopy=False)
        return [trial.number for trial in trials if not trial.state.is_finished()]

    def repeat(self, number: int) -> tuple[tuple[Edit, ...], dict[str, Scalar]] | None:
        """Return edits and parameters of an earlier proposal; None where a crash cut it short."""
        parameters = dict(self._trial(number).params)
        proposal = self._fixed(number, parameters)
        return None if proposal is None else (proposal[0], parameters)

    def restore(self, number: int, parameters: Mapping[str, Scalar]) -> None:
        """Take in a trial that was proposed but is not in the file; what is missing before it counts as failed.

        So does a trial whose parameters the space does not allow.
        """
        from optuna.trial import TrialState as StudyState
        from optuna.trial import create_trial

        for missing in range(len(self), number + 1):
            proposal = self._fixed(number, parameters) if missing == number else None
            if proposal is None:
                trial = create_trial(state=StudyState.FAIL)
            else:
                fixed = proposal[1]
                trial = create_trial(
                    state=StudyState.RUNNING, params=fixed.params, distributions=fixed.distributions
                )
            self._study.add_trial(trial)
            self._mark(missing)

    def describe(self, number: int, facts: Mapping[str, Any]) -> None:
        """Attach facts to a trial that has not been told, for the dashboard."""
        for name, value in facts.items():
            self._study._storage.set_trial_user_attr(self._trial(number)._trial_id, name, value)
        self._mark(number)

    def report(self, number: int, evaluations: Iterable[Evaluation]) -> None:
        """Attach evaluations to a trial that has not been told, each as an intermediate value."""
        trial = self._trial(number)
        if trial.state.is_finished():
            return
        for item in evaluations:
            if item.evaluation not in trial.intermediate_values:
                score = self._objective.score(item.metrics)
                self._study._storage.set_trial_intermediate_value(trial._trial_id, item.evaluation, score)
                self._mark(number)

    def tell(self, number: int, state: TrialState, best: Evaluation | None) -> None:
        """Close a trial with its best evaluation's score; one without counts as failed. Twice is once."""
        from optuna.trial import TrialState as StudyState

        if self._trial(number).state.is_finished():
            return
        if best is None or state is TrialState.FAILED:
            self._study.tell(number, state=StudyState.FAIL)
        else:
            self.describe(number, {"best_evaluation": best.evaluation, "metrics": dict(best.metrics)})
            if state is TrialState.STOPPED_EARLY:
                self._study.tell(number, state=StudyState.PRUNED)
            else:
                self._study.tell(number, self._objective.score(best.metrics))
        self._mark(number)

    def write(self) -> None:
        """Write to the file all that has changed; raises what a write behind met."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()
        self._write_changed()

    def write_behind(self) -> None:
        """Have a thread do what `write` does, unless it is still at it; raises what its last write met."""
        if self._writing is not None:
            if not self._writing.done():
                return
            self._writing.result()
        self._writing = self._writer.submit(self._write_changed)

    def _mark(self, number: int) -> None:
        """Note that a trial differs from what the file says of it."""
        with self._lock:
            self._changed.add(number)

    def _write_changed(self) -> None:
        """Write the marked trials; memory replaces a trial that changes, so none does while it is read."""
        with self._lock:
            numbers = sorted(self._changed)
        for number in numbers:
            with self._lock:
                self._changed.discard(number)  # before it is read: a change from now on marks it again
            try:
                self._file.write(self._trial(number))
            except BaseException:
                self._mark(number)
                raise

    def _trial(self, number: int) -> "FrozenTrial":
        return self._study.get_trials(deepcopy=False)[number]

    def _fixed(
        self, number: int, parameters: Mapping[str, Scalar]
    ) -> tuple[tuple[Edit, ...], "FixedTrial"] | None:
        """Return edits and parameters with their distributions; None where one is missing or not allowed."""
        from optuna.trial import FixedTrial

        trial = FixedTrial(dict(parameters), number)
        try:
            return self._space.suggest(trial), trial
        except ValueError:
            return None
