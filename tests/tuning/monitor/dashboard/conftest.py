"""A sweep's folder with some trials and their logs, and a real server over copies of it."""

import http.client
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sweepbox.detection.training.reports import StepReport, ValidationPicture
from sweepbox.tuning.api.live_report import dashboard_of
from sweepbox.tuning.loggers.logger import LoggedTrial
from sweepbox.tuning.loggers.table import loggers_of
from sweepbox.tuning.monitor.dashboard.server import DashboardServer
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState, read_evaluations, read_status, write_status

FORMATS = Path(__file__).parents[2] / "storage" / "formats"
HOSTILE = "<script>alert('x')</script>"


@pytest.fixture(scope="session")
def lived_once(live_once: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep whose process died: two trials finished, one was running, one failed; do not write into it."""
    folder = SweepFolder(tmp_path_factory.mktemp("dashboard") / "lived")
    shutil.copytree(FORMATS / "format_2", folder.path, ignore=shutil.ignore_patterns("data", "best", "last"))
    shutil.copytree(folder.trial("0002").path, folder.trial("0003").path)
    live_once(folder, "0000", [0.2, 0.6, 0.5], TrialState.FINISHED)
    live_once(folder, "0001", [0.1, 0.3, 0.4], TrialState.FINISHED)
    live_once(folder, "0002", [0.3, 0.4], TrialState.RUNNING)
    live_once(folder, "0003", [], TrialState.FAILED)
    failed = folder.trial("0003")
    write_status(failed, replace(read_status(failed), error=f"bad file {HOSTILE}"))
    for name in ("0000", "0001", "0002"):
        _log(folder, name)
    return folder.path


def _log(folder: SweepFolder, name: str) -> None:
    trial = folder.trial(name)
    logged = LoggedTrial(trial, "mAP", read_status(trial).parameters, [])
    loggers = loggers_of(["tensorboard"], logged)
    for evaluation in read_evaluations(trial):
        step = evaluation.step
        loggers.log_steps(StepReport(step, 6, learning_rate=0.01, losses={"total": 1.0}, images_per_s=8.0))
        loggers.log_evaluation(evaluation)
        loggers.log_pictures(step, lambda: [ValidationPicture("a.jpg", b"jpeg", 320, 644)])
    loggers.close()


@pytest.fixture
def lived(lived_once: Path, tmp_path: Path) -> Path:
    """A copy of the sweep."""
    return Path(shutil.copytree(lived_once, tmp_path / "lived"))


@dataclass(frozen=True)
class Answer:
    """A response of the server."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body as a text."""
        return self.body.decode()


@dataclass(frozen=True)
class Client:
    """Sends requests to a server."""

    server: DashboardServer

    def request(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Send a request; underscores in names of headers become hyphens."""
        address = urlsplit(self.server.link)
        with closing(http.client.HTTPConnection("127.0.0.1", address.port or 0, timeout=30)) as connection:
            connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            found = connection.getresponse()
            return Answer(found.status, found.headers, found.read())


Serve = Callable[..., Client]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that serves folders on a free port until the test ends."""
    with ExitStack() as stack:

        def begin(*paths: Path, host: str = "127.0.0.1") -> Client:
            return Client(stack.enter_context(dashboard_of(paths, host=host, port=0)))

        yield begin
