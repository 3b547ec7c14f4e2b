"""TensorBoard over the logs of all trials, mounted at `/tensorboard/`.

What is used of TensorBoard, and held by `tests/tuning/monitor/dashboard/test_tensorboard_app.py`: its program's
flags, its WSGI application, the event multiplexer with its data provider, five of its plugins, and the query
`tensorboardColab=true`, with which its pages send no POST request: this server answers none. The module
`tensorboard.compat.notf`, where it exists, has TensorBoard read event files without TensorFlow, whose import
takes seconds and 700 MB.
"""

import logging
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from sweepbox.tuning.monitor.dashboard.responses import redirect
from sweepbox.tuning.monitor.dashboard.sweeps import ShownSweeps
from sweepbox.tuning.storage.folder import SweepFolder

_log = logging.getLogger(__name__)

PREFIX = "/tensorboard"
READS_ONLY = "tensorboardColab=true"
RELOAD_S = 5.0
"""Event files are read again after this time, when somebody looks."""
FIRST_WAIT_S, WAIT_S = 10.0, 1.0
"""How long an answer waits for the event files: the first one, and later ones."""


class TensorBoardApp:
    """A WSGI application that reads the event files while somebody looks at it, and never else.

    The runs are named by their trials, `NAME/0003` where there are several sweeps. A sweep that takes the place
    of another one is read afresh.
    """

    def __init__(self, sweeps: ShownSweeps, clock: Callable[[], float] = time.monotonic) -> None:
        self._sweeps = sweeps
        self._clock = clock
        self._lock = threading.Lock()
        self._board: _Board | None = None
        self._origins: object = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        path = environ.get("PATH_INFO", "")
        if path.rstrip("/") == PREFIX and "tensorboardColab" not in parse_qs(environ.get("QUERY_STRING", "")):
            return redirect(f"{PREFIX}/?{READS_ONLY}")(environ, start_response)
        board = self._current()
        if path.startswith(f"{PREFIX}/data/"):
            board.refresh()
        return board.application(environ, start_response)

    def _current(self) -> "_Board":
        with self._lock:
            origins = [sweep.reading().origin for sweep in self._sweeps]
            if self._board is None or origins != self._origins:
                self._board, self._origins = _Board(self._sweeps, self._clock), origins
            return self._board


class _Board:
    """TensorBoard's application and the event files that it has read."""

    def __init__(self, sweeps: ShownSweeps, clock: Callable[[], float]) -> None:
        self._sweeps = sweeps
        self._clock = clock
        self._lock = threading.Lock()
        self._reloaded = threading.Event()
        self._is_first = True
        self._next = -float("inf")
        self._multiplexer, self.application = _tensorboard()

    def refresh(self) -> None:
        """Have a thread read what is new, unless that was done just now, and wait a little for it."""
        with self._lock:
            if self._clock() >= self._next:
                self._next = float("inf")
                self._reloaded.clear()
                threading.Thread(target=self._reload, name="tensorboard-reload", daemon=True).start()
            wait_s, self._is_first = FIRST_WAIT_S if self._is_first else WAIT_S, False
        self._reloaded.wait(wait_s)

    def _reload(self) -> None:
        try:
            for sweep in self._sweeps:
                for trial in SweepFolder(sweep.path).trial_folders():
                    if trial.tensorboard.is_dir():
                        name = trial.id if len(self._sweeps) == 1 else f"{sweep.name}/{trial.id}"
                        self._multiplexer.AddRun(str(trial.tensorboard), name)
            self._multiplexer.Reload()
        except Exception as error:  # noqa: BLE001 - files that vanish meanwhile; it is tried again
            _log.info("TensorBoard: %s", error)
        finally:
            with self._lock:
                self._next = self._clock() + RELOAD_S
            self._reloaded.set()


def _tensorboard() -> tuple[Any, WSGIApplication]:
    """Return TensorBoard's reader of event files, without any, and its application over it."""
    sys.modules.setdefault("tensorboard.compat.notf", ModuleType("tensorboard.compat.notf"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a package inside TensorBoard
        from tensorboard import program
        from tensorboard.backend import application
        from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
        from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
        from tensorboard.plugins.core.core_plugin import CorePluginLoader
        from tensorboard.plugins.hparams.hparams_plugin import HParamsPlugin
        from tensorboard.plugins.image.images_plugin import ImagesPlugin
        from tensorboard.plugins.metrics.metrics_plugin import MetricsPlugin
        from tensorboard.plugins.scalar.scalars_plugin import ScalarsPlugin

    logging.getLogger("tensorboard").setLevel(logging.ERROR)
    board = program.TensorBoard([CorePluginLoader, MetricsPlugin, ScalarsPlugin, ImagesPlugin, HParamsPlugin])
    board.configure([""], logdir="trials", path_prefix=PREFIX, window_title="Sweepbox: TensorBoard")
    multiplexer = EventMultiplexer()
    provider = MultiplexerDataProvider(multiplexer, "the trials' logs")
    return multiplexer, application.TensorBoardWSGIApp(
        board.flags, board.plugin_loaders, provider, board.assets_zip_provider, multiplexer
    )
