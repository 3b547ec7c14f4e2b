"""optuna-dashboard over the records of the sweeps, at the paths that it has hard-coded."""

import threading
from collections.abc import Iterable
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from sweepbox.tuning.monitor.dashboard.responses import Response, page_of, page_response
from sweepbox.tuning.monitor.dashboard.sweeps import ShownSweep, ShownSweeps
from sweepbox.tuning.search.space import Space
from sweepbox.tuning.storage.study_file import StudyTrial
from sweepbox.tuning.storage.study_memory import StudyMemory
from sweepbox.tuning.sweep.study_trials import directions_of, study_trial_of
from sweepbox.tuning.sweep.trial_result import TrialResult
from sweepbox.tuning.sweep.watched import Reading

PATHS = ("dashboard", "api", "static", "csv", "favicon.ico")
"""The first parts of its paths."""
INSTALL = "pip install 'sweepbox[dashboard]'"


class OptunaApp:
    """A WSGI application: a study for each sweep, brought in step with its folder before each answer."""

    def __init__(self, sweeps: ShownSweeps) -> None:
        self._sweeps = sweeps
        self._memory = StudyMemory()
        self._lock = threading.Lock()
        self._shown: dict[str, Reading] = {}
        self._trials: dict[str, dict[str, tuple[TrialResult, StudyTrial]]] = {}
        self._application: WSGIApplication | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        with self._lock:
            try:
                application = self._application or self._load()
            except ModuleNotFoundError:
                return _missing()(environ, start_response)
            for sweep in self._sweeps:
                self._update(sweep)
        environ.setdefault("HTTP_ACCEPT_ENCODING", "identity")  # it fails where the header is missing
        return application(environ, start_response)

    def _load(self) -> WSGIApplication:
        import optuna_dashboard

        application: WSGIApplication = optuna_dashboard.wsgi(self._memory.storage)
        self._application = application
        return application

    def _update(self, sweep: ShownSweep) -> None:
        """Bring the study of a sweep in step; it is gone while the sweep cannot be read."""
        reading = sweep.reading()
        before = self._shown.get(sweep.name)
        if reading is before:
            return
        self._shown[sweep.name] = reading
        state = reading.state
        if state is None or (before is not None and before.origin != reading.origin):
            self._memory.drop(sweep.name)
            self._trials.pop(sweep.name, None)
        if state is None:
            return
        space, known = Space.of(state.spec), self._trials.get(sweep.name, {})
        found: dict[str, tuple[TrialResult, StudyTrial]] = {}
        for trial in state.trials:
            kept = known.get(trial.id)
            is_same = kept is not None and kept[0] == trial
            found[trial.id] = (
                kept if kept and is_same else (trial, study_trial_of(trial, state.objective, space))
            )
        self._trials[sweep.name] = found
        self._memory.show(
            sweep.name,
            {int(name): shown for name, (_, shown) in found.items()},
            metrics=[goal.label for goal in state.objective.goals],
            directions=directions_of(state.objective),
        )


def _missing() -> Response:
    page = page_of(
        "optuna-dashboard",
        "<h1>optuna-dashboard is not installed</h1>"
        f"<p>Install it with <code>{INSTALL}</code> and start the server again.</p>",
    )
    return page_response(page, status=HTTPStatus.SERVICE_UNAVAILABLE)
