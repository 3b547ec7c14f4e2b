"""The server: one port on which everything is read."""

import errno
import socket
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

from sweepbox.detection.core.errors import UsageError
from sweepbox.tuning.monitor.dashboard.guard import TOKEN, Access, Guard, is_loopback, new_token
from sweepbox.tuning.monitor.dashboard.optuna_app import PATHS, OptunaApp
from sweepbox.tuning.monitor.dashboard.pages import OwnPages, Page
from sweepbox.tuning.monitor.dashboard.responses import redirect
from sweepbox.tuning.monitor.dashboard.sweeps import Model, ShownSweeps
from sweepbox.tuning.monitor.dashboard.tensorboard_app import PREFIX, TensorBoardApp

THREADS = 8
END_S = 0.5
"""How long the end waits for the threads, in seconds."""
MOST_BODY_BYTES = 64 * 1024
"""Of a request's body, which no application reads."""
MOST_ANSWER_BYTES = 256 * 2**20
"""Of an answer; a longer one goes through a temporary file, which a lost connection leaves open."""


class DashboardServer:
    """Serves some sweeps within a `with` block: their report, TensorBoard and optuna-dashboard.

    Beyond loopback, `link` has a token without which nothing is answered.

    Raises:
        UsageError: The port is taken or not allowed, or there is no such address.
    """

    def __init__(self, paths: Sequence[Path], *, model: Model, page: Page, host: str, port: int) -> None:
        """Take the port; nothing is answered before the block.

        Args:
            paths: The folders of the sweeps.
            model: Returns what a page shows of a sweep's state, as values of JSON.
            page: Returns the page that shows such a model.
            host: The address or name to listen at.
            port: The port; 0 takes a free one.
        """
        import waitress

        self._socket = _listen(host, port)
        bound_port = self._socket.getsockname()[1]
        self._access = Access(host, bound_port, None if is_loopback(host) else new_token())
        guarded = Guard(_Router(ShownSweeps(paths, model), page), self._access)
        self._map: dict[Any, Any] = {}
        self._server = waitress.create_server(
            guarded,
            map=self._map,
            sockets=[self._socket],
            threads=THREADS,
            ident="sweepbox",
            max_request_body_size=MOST_BODY_BYTES,
            outbuf_overflow=MOST_ANSWER_BYTES,
            log_socket_errors=False,
        )
        self._thread = threading.Thread(target=self._serve, name="dashboard", daemon=True)

    @property
    def link(self) -> str:
        """The address to open; with the token, where one is needed."""
        name = self._access.host if is_loopback(self._access.host) else _reachable_name(self._access.host)
        name = f"[{name}]" if ":" in name else name
        query = "" if self._access.token is None else "?" + urlencode({TOKEN: self._access.token})
        return f"http://{name}:{self._access.port}/{query}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the port and all connections; requests that are being answered are waited for very shortly."""
        from waitress import wasyncore

        self._server.task_dispatcher.shutdown(timeout=END_S)
        with suppress(OSError):  # another thread has woken the loop, which has closed everything already
            self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._map, ignore_all=True))
        self._thread.join(END_S)

    def _serve(self) -> None:
        self._server.run()


class _Router:
    """Passes a request on by the first part of its path."""

    def __init__(self, sweeps: ShownSweeps, page: Page) -> None:
        self._own = OwnPages(sweeps, page)
        self._optuna = OptunaApp(sweeps)
        self._tensorboard = TensorBoardApp(sweeps)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        path = environ.get("PATH_INFO", "") or "/"
        first = path.split("/")[1]
        if first == PREFIX[1:]:
            return self._tensorboard(environ, start_response)
        if first in PATHS:
            return self._optuna(environ, start_response)
        if first == "optuna":
            return redirect("/dashboard")(environ, start_response)
        return self._own.respond(path, environ)(environ, start_response)


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=128)
    except socket.gaierror as error:
        raise UsageError(f"--host {host}: there is no such address ({error.strerror})") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"port {port} of {host} is taken; give another one with --port, or --port 0 for any free one"
            ) from error
        if error.errno == errno.EACCES:
            raise UsageError(f"port {port} is not allowed; give one above 1023 with --port") from error
        raise UsageError(f"--host {host}: it cannot be listened at ({error.strerror})") from error


def _reachable_name(host: str) -> str:
    """Return the name under which others reach a bound host."""
    return socket.gethostname() if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
