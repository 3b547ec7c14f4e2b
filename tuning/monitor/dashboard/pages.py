"""The server's own pages: the list of sweeps, the page of each, and the JSON that the pages poll."""

import html
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from wsgiref.types import WSGIEnvironment

from sweepbox.tuning.monitor.dashboard.responses import (
    JSON,
    Response,
    page_of,
    page_response,
    redirect,
    text_response,
)
from sweepbox.tuning.monitor.dashboard.sweeps import Document, ShownSweep, ShownSweeps
from sweepbox.tuning.sweep.formatting import best_text

Page = Callable[[Mapping[str, Any]], str]
"""Returns the page that shows a model and polls `state.json` beside it."""

STATE = "state.json"
RUNS = "/runs/"
LINKS = {"All sweeps": "/", "TensorBoard": "/tensorboard/", "optuna-dashboard": "/dashboard"}
"""Where the pages lead, by the words of the links."""
_NAVIGATION = "<nav>" + " · ".join(f'<a href="{path}">{words}</a>' for words, path in LINKS.items()) + "</nav>"


class OwnPages:
    """`/` is the page of the one sweep, or the list of several; `/runs/NAME/` the page of any."""

    def __init__(self, sweeps: ShownSweeps, page: Page) -> None:
        self._sweeps = sweeps
        self._page = page

    def respond(self, path: str, environ: WSGIEnvironment) -> Response:
        """Return the response to a request for one of these pages."""
        path = path.encode("latin-1").decode(errors="replace")  # WSGI passes UTF-8 on as Latin-1
        if path in ("/", f"/{STATE}"):
            if len(self._sweeps) > 1:
                return self._list() if path == "/" else text_response(HTTPStatus.NOT_FOUND, "not found")
            [sweep] = self._sweeps
            return self._report(sweep) if path == "/" else state_response(sweep.document(), environ)
        name, slash, rest = path.removeprefix(RUNS).partition("/")
        sweep_or_none = self._sweeps.get(name) if path.startswith(RUNS) else None
        if sweep_or_none is None:
            return text_response(HTTPStatus.NOT_FOUND, "not found; / shows what there is")
        if rest == STATE:
            return state_response(sweep_or_none.document(), environ)
        if rest:
            return text_response(HTTPStatus.NOT_FOUND, "not found; / shows what there is")
        return self._report(sweep_or_none) if slash else redirect(f"{RUNS}{quote(name, safe='')}/")

    def _report(self, sweep: ShownSweep) -> Response:
        reading = sweep.reading()
        if reading.state is None:
            return _problem_page(sweep)
        return page_response(self._page(sweep.document().model))

    def _list(self) -> Response:
        rows = "".join(map(_row, self._sweeps))
        head = "<tr><th>Sweep</th><th>State</th><th>Trials</th><th>Best</th></tr>"
        body = f"<h1>Sweeps</h1>{_NAVIGATION}<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
        return page_response(page_of("Sweepbox", body, head='<meta http-equiv="refresh" content="5">'))


def state_response(document: Document, environ: WSGIEnvironment) -> Response:
    """Return a model as JSON, or 304 to a browser that has it."""
    headers = (("ETag", document.tag), ("Cache-Control", "no-cache"), ("Vary", "Accept-Encoding"))
    known = {tag.strip().removeprefix("W/") for tag in environ.get("HTTP_IF_NONE_MATCH", "").split(",")}
    if known & {document.tag, "*"}:
        return Response(HTTPStatus.NOT_MODIFIED, b"", JSON, headers)
    if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        return Response(HTTPStatus.OK, document.compressed, JSON, (*headers, ("Content-Encoding", "gzip")))
    return Response(HTTPStatus.OK, document.content, JSON, headers)


def _row(sweep: ShownSweep) -> str:
    link = f'<a href="{html.escape(RUNS + quote(sweep.name, safe=""))}/">{html.escape(sweep.name)}</a>'
    reading = sweep.reading()
    problems = "".join(f'<p class="problem">{html.escape(line)}</p>' for line in reading.problems)
    state = reading.state
    if state is None:
        return f'<tr><td>{link}</td><td colspan="3">{problems}</td></tr>'
    word = "running" if state.running else "complete" if state.is_complete else "not running"
    cells = [word, f"{state.ended} of {state.planned} ended", best_text(state) or ""]
    shown = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
    return f"<tr><td>{link}{problems}</td>{shown}</tr>"


def _problem_page(sweep: ShownSweep) -> Response:
    """Return what is seen of a sweep that cannot be read; it shows the sweep again as soon as it can be."""
    lines = "".join(f'<p class="problem">{html.escape(line)}</p>' for line in sweep.reading().problems)
    body = (
        f"<h1>{html.escape(sweep.name)}</h1>{_NAVIGATION}{lines}<p>This page looks again every two seconds.</p>"
    )
    return page_response(page_of(sweep.name, body, head='<meta http-equiv="refresh" content="2">'))
