"""Hands the trials of the book to Ray Tune, never more at a time than can run."""

from pathlib import Path
from typing import Any

from ray.tune.search import Searcher

from tuning.folder import SweepFolder
from tuning.ray_backend.trainable import BACKEND_KEY, CPU_KEY, GPU_KEY, SCORE, SWEEP_KEY, TRIAL_KEY
from tuning.spec import SweepSpec
from tuning.trial_book import TrialBook


class BookSearcher(Searcher):  # type: ignore[misc]
    """Ray's view of the book: gives a trial that is to run, nothing for now, or says that all are out.

    Proposing only when a trial can start lets each proposal know all results so far.
    """

    def __init__(
        self, book: TrialBook, folder: SweepFolder, spec: SweepSpec, *, mode: str, max_concurrent: int
    ) -> None:
        """Take the book; `mode` is the objective's direction."""
        super().__init__(metric=SCORE, mode=mode)
        self._book = book
        self._folder = folder
        share = spec.resources_per_trial
        self._process = {CPU_KEY: share.cpu, GPU_KEY: share.gpu, BACKEND_KEY: spec.backend}
        self._max_concurrent = max_concurrent
        self._running: dict[str, str] = {}

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Return the config of Ray's trial `trial_id`, None to be asked again later, or FINISHED."""
        if self._folder.stop_request.exists():
            return str(Searcher.FINISHED)
        if len(self._running) >= self._max_concurrent:
            return None
        ours = self._book.next_trial()
        if ours is None:
            return str(Searcher.FINISHED)
        self._running[trial_id] = ours
        return {SWEEP_KEY: str(self._folder.path.resolve()), TRIAL_KEY: ours, **self._process}

    def on_trial_complete(self, trial_id: str, *_result: Any, **_info: Any) -> None:
        """Free the trial's place; the callback closes the trial in the book."""
        self._running.pop(trial_id, None)

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Do nothing: the callback passes evaluations on."""

    def __getstate__(self) -> dict[str, Any]:
        """Keep the book out of Ray's own notes."""
        return {}

    def save(self, checkpoint_path: str) -> None:
        """Write nothing of worth: a sweep is resumed from its folder, not from Ray's notes."""
        Path(checkpoint_path).write_text("the sweep's folder holds the state\n")

    def restore(self, checkpoint_path: str) -> None:
        """Do nothing; see `save`."""
