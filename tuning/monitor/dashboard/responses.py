"""Responses of the server's own pages."""

import html
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIEnvironment

from sweepbox.tuning.monitor.dashboard.policies import CSP, own_policy

HTML, TEXT, JSON = "text/html; charset=utf-8", "text/plain; charset=utf-8", "application/json"

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8886; }
.problem { color: #b3261e; }
@media (prefers-color-scheme: dark) { .problem { color: #ffb4ab; } a { color: #9ecbff; } }
"""


@dataclass(frozen=True)
class Response:
    """A response with its whole body; `headers` are those beside the type and the length of the body."""

    status: HTTPStatus
    body: bytes = b""
    content_type: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()

    def __call__(self, _environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request as a WSGI application does."""
        headers = [("Content-Type", self.content_type), ("Content-Length", str(len(self.body))), *self.headers]
        start_response(f"{self.status.value} {self.status.phrase}", headers)
        return [self.body]


def text_response(status: HTTPStatus, text: str, *headers: tuple[str, str]) -> Response:
    """Return a response of one line of text."""
    return Response(status, f"{text}\n".encode(), TEXT, headers)


def page_of(title: str, body: str, *, head: str = "") -> str:
    """Return a page; `title` is text, `head` and `body` are HTML."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style>{head}</head><body>{body}</body></html>"
    )


def page_response(page: str, *headers: tuple[str, str], status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Return a page with the policy that it needs."""
    return Response(status, page.encode(), HTML, ((CSP, own_policy(page)), *headers))


def redirect(location: str) -> Response:
    """Return a redirection to a path of this server."""
    return Response(HTTPStatus.FOUND, b"", TEXT, (("Location", location),))
