"""Evaluates weights of trials on Ray's workers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sweepbox.detection.core.backends import Backend
from sweepbox.detection.core.errors import DataError, SweepboxError, SweepError
from sweepbox.tuning.report.detector.examine import examine_detector
from sweepbox.tuning.spec.schema import SweepSpec
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.remote.driver import driver_of
from sweepbox.tuning.storage.remote.node import NodeOrder, NodeSweep
from sweepbox.tuning.trial.evaluation import Part, TrialEvaluator
from sweepbox.tuning.trial.process import prepare_process
from sweepbox.tuning.winner.post_processing import tuned_trial

STOP_CHECK_S = 0.5
"""The time between two looks for a request to stop."""


class EvaluationWorker:
    """An actor of Ray that evaluates trials one after the other."""

    def __init__(self, sweep: SweepFolder | NodeOrder, spec: SweepSpec) -> None:
        """Fit the process to its share of the machine; an order is for a sweep on a URI."""
        from sweepbox.tuning.ray_backend.worker_path import drop_driver_folders

        drop_driver_folders()
        share = spec.resources_per_trial
        prepare_process(cpus=share.cpu, gpus=share.gpu, backend=Backend(spec.backend))
        if isinstance(sweep, SweepFolder):
            self._node, self._sweep = None, sweep
        else:
            self._node = NodeSweep(sweep)
            self._sweep = self._node.folder
        self._spec = spec
        self._evaluator = TrialEvaluator(self._sweep, spec)

    @contextmanager
    def _trial(self, trial_id: str) -> Iterator[None]:
        """Of a sweep on a URI, fetch the trial's best weights first, and publish its files afterwards."""
        if self._node is not None:
            self._node.prepare(trial_id, best=True)
        yield
        if self._node is not None:
            self._node.publish_evaluated(trial_id)

    def evaluate(self, trial_id: str, part: str) -> dict[str, float]:
        """Return the metrics of a trial's best weights; see `TrialEvaluator.evaluate`."""
        with self._trial(trial_id):
            return self._evaluator.evaluate(trial_id, Part(part))

    def evaluate_as_exported(self, trial_id: str, suppression: Mapping[str, Any]) -> dict[str, float]:
        """Return the metrics on the test part; see `TrialEvaluator.evaluate_as_exported`."""
        with self._trial(trial_id):
            return self._evaluator.evaluate_as_exported(trial_id, suppression)

    def tune(self, trial_id: str) -> tuple[dict[str, Any] | None, str]:
        """Return suppression and thresholds of a trial's best weights as JSON; or None, and why."""
        try:
            with self._trial(trial_id):
                return tuned_trial(self._sweep, self._spec, trial_id).to_json(), ""
        except DataError as error:
            return None, str(error).splitlines()[0]

    def examine(self, trial_id: str) -> str:
        """Write `detector.json` for a trial's best weights; return why it cannot be, empty where it is."""
        try:
            with self._trial(trial_id):
                examine_detector(self._sweep, self._spec, trial_id)
        except (SweepboxError, OSError) as error:
            return str(error)
        return ""


class EvaluationPool:
    """Actors of Ray, each with a trial's share of the machine; they keep compiled programs until `close`."""

    def __init__(self, folder: SweepFolder, spec: SweepSpec, *, num_workers: int) -> None:
        """Start nothing; the first evaluation starts as many actors as it needs, at most `num_workers`."""
        self._folder = folder
        self._spec = spec
        self._num_workers = num_workers
        self._workers: list[Any] = []

    def evaluate(self, trial_ids: Sequence[str], part: Part) -> dict[str, dict[str, float]] | None:
        """Evaluate the best weights of trials in parallel, and return the metrics by trial.

        Trials that stand beside one another in `trial_ids` go to the same actor, which compiles their program
        once. None where the sweep was asked to stop meanwhile.

        Raises:
            SweepError: An evaluation failed.
        """
        return self._spread(trial_ids, lambda worker, trial_id: worker.evaluate.remote(trial_id, str(part)))

    def evaluate_as_exported(
        self, trial_ids: Sequence[str], suppression: Mapping[str, Any]
    ) -> dict[str, dict[str, float]] | None:
        """Evaluate the best weights of trials on the test part with the suppression of the export.

        See `TrialEvaluator.evaluate_as_exported`, and `evaluate` for what is returned and raised.
        """
        return self._spread(
            trial_ids, lambda worker, trial_id: worker.evaluate_as_exported.remote(trial_id, suppression)
        )

    def _spread(
        self, trial_ids: Sequence[str], start: Callable[[Any, str], Any]
    ) -> dict[str, dict[str, float]] | None:
        """Start a job of each trial on the actors, and return the results."""
        chunks = _chunks(trial_ids, self._num_workers)
        jobs = {
            start(worker, trial_id): trial_id
            for worker, chunk in zip(self._started(len(chunks)), chunks, strict=True)
            for trial_id in chunk
        }
        return _results(self._folder, jobs)

    def tune(self, trial_id: str) -> tuple[dict[str, Any] | None, str] | None:
        """Choose suppression and thresholds for a trial's best weights on the validation part.

        Returns:
            The choice as JSON, or None and the reason; None where the sweep was asked to stop meanwhile.

        Raises:
            SweepError: The weights cannot be evaluated.
        """
        [worker] = self._started(1)
        results = _results(self._folder, {worker.tune.remote(trial_id): trial_id})
        return None if results is None else results[trial_id]

    def examine(self, trial_id: str) -> str | None:
        """Write `detector.json` for a trial's best weights.

        Returns:
            Why it cannot be written, empty where it is; None where the sweep was asked to stop meanwhile.

        Raises:
            SweepError: The process failed.
        """
        [worker] = self._started(1)
        results = _results(self._folder, {worker.examine.remote(trial_id): trial_id})
        return None if results is None else results[trial_id]

    def close(self) -> None:
        """End the actors."""
        import ray

        while self._workers:
            ray.kill(self._workers.pop())

    def _started(self, count: int) -> list[Any]:
        """Return the first `count` actors, of which those that are missing are started."""
        import ray

        actor = ray.remote(**self._spec.resources_per_trial.options_for_ray)(EvaluationWorker)
        store = driver_of(self._folder)
        if store is not None:
            store.flush()  # what the workers fetch
        sweep = SweepFolder(self._folder.path.resolve()) if store is None else store.order()
        while len(self._workers) < count:
            self._workers.append(actor.remote(sweep, self._spec))
        return self._workers[:count]


def _results(folder: SweepFolder, jobs: dict[Any, str]) -> dict[str, Any] | None:
    import ray

    found: dict[str, Any] = {}
    waiting = list(jobs)
    while waiting:
        if folder.stop_request.exists():
            return None
        done, waiting = ray.wait(waiting, timeout=STOP_CHECK_S)
        for job in done:
            try:
                found[jobs[job]] = ray.get(job)
            except ray.exceptions.RayError as error:
                cause = getattr(error, "cause", None) or str(error).strip().splitlines()[-1]
                raise SweepError(
                    f"trial {jobs[job]}: its weights cannot be evaluated: {cause}; resume the sweep later"
                ) from error
    store = driver_of(folder)
    if store is not None:
        store.fetch_evaluated(set(found))
    return found


def _chunks(trial_ids: Sequence[str], count: int) -> list[list[str]]:
    """Return the ids in at most `count` groups of neighbours, of nearly equal sizes."""
    remaining = iter(trial_ids)
    size, more = divmod(len(trial_ids), count)
    groups = [list(islice(remaining, size + (number < more))) for number in range(count)]
    return [group for group in groups if group]
