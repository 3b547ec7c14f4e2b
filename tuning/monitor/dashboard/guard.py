"""What stands before every application of the server: it reads only, for its own hosts, with the token."""

import hmac
import html
import ipaddress
import logging
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from sweepbox.tuning.monitor.dashboard.policies import protected
from sweepbox.tuning.monitor.dashboard.responses import Response, page_of, page_response, text_response

_log = logging.getLogger(__name__)

METHODS = ("GET", "HEAD")
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
TOKEN = "token"  # noqa: S105 - the name of the query's key
TOKEN_BYTES = 32


def is_loopback(host: str) -> bool:
    """Return whether a host to bind is this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


@dataclass(frozen=True)
class Access:
    """Who may read: through which host names, and with which token; None on loopback."""

    host: str
    port: int
    token: str | None = field(default=None, repr=False)

    def allows_host(self, header: str | None) -> bool:
        """Return whether a `Host` header names this server; another name may be one that was rebound to it.

        The port is not compared: a tunnel has another one. Where the server listens on all addresses, any
        address is its own, and of names those of this machine.
        """
        name = _host_name(header)
        if name is None:
            return False
        if name in LOOPBACK_NAMES or name == self.host.lower():
            return True
        return self._is_any_address and (_is_address(name) or name in _machine_names())

    @property
    def cookie(self) -> str:
        """The name of the cookie that holds the token; cookies do not know ports."""
        return f"sweepbox-{self.port}"

    @property
    def _is_any_address(self) -> bool:
        return _is_address(self.host) and ipaddress.ip_address(self.host).is_unspecified


class Guard:
    """A WSGI application that refuses what may not be, and protects what another one answers."""

    def __init__(self, application: WSGIApplication, access: Access) -> None:
        self._application = application
        self._access = access

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        path = environ.get("PATH_INFO", "")

        def start(
            status: str,
            headers: list[tuple[str, str]],
            exc_info: tuple[type[BaseException], BaseException, TracebackType] | Any = None,
        ) -> Any:
            return start_response(status, protected(path, headers), exc_info)

        refusal = self._refusal(environ, path)
        try:
            body = (refusal or self._application)(environ, start)
        except Exception:  # noqa: BLE001 - a page that fails is logged, and the server goes on
            _log.exception("dashboard: %s failed", path)
            failed = text_response(
                HTTPStatus.INTERNAL_SERVER_ERROR, "the page failed; the terminal of the server says why"
            )
            body = failed(environ, start)
        if environ["REQUEST_METHOD"] != "HEAD":
            return body
        if hasattr(body, "close"):
            body.close()
        return []

    def _refusal(self, environ: WSGIEnvironment, path: str) -> Response | None:
        """Return the response to a request that is not passed on."""
        if not self._access.allows_host(environ.get("HTTP_HOST")):
            return text_response(
                HTTPStatus.MISDIRECTED_REQUEST,
                "this server answers under its own host names only; open the link that it printed",
            )
        if environ["REQUEST_METHOD"] not in METHODS:
            allow = ("Allow", ", ".join(METHODS))
            return text_response(HTTPStatus.METHOD_NOT_ALLOWED, "this server only reads", allow)
        if ".." in path.replace("\\", "/").split("/") or any(ord(character) < 32 for character in path):
            return text_response(HTTPStatus.NOT_FOUND, "not found")
        return None if self._access.token is None else self._token_refusal(environ, path, self._access.token)

    def _token_refusal(self, environ: WSGIEnvironment, path: str, token: str) -> Response | None:
        """Return None where the cookie has the token; where the query has it, a page that sets the cookie.

        A page, not a redirection: browsers send a strict cookie only where a page of this server leads on.
        """
        if _equal(_cookie_of(environ, self._access.cookie), token):
            return None
        query = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        if _equal(next((value for key, value in query if key == TOKEN), ""), token):
            rest = urlencode([(key, value) for key, value in query if key != TOKEN])
            target = "/" + quote(path.lstrip("/")) + (f"?{rest}" if rest else "")
            return self._welcome(target, token)
        return text_response(
            HTTPStatus.UNAUTHORIZED,
            "the token is missing or wrong; open the link that `sweepbox dashboard` printed",
            ("WWW-Authenticate", 'Bearer realm="sweepbox"'),
        )

    def _welcome(self, target: str, token: str) -> Response:
        link = html.escape(target)
        page = page_of(
            "Sweepbox",
            f'<p><a href="{link}">Open the dashboard</a></p>',
            head=f'<meta http-equiv="refresh" content="0; url={link}">',
        )
        cookie = f"{self._access.cookie}={token}; Path=/; HttpOnly; SameSite=Strict"
        return page_response(page, ("Set-Cookie", cookie))


def _equal(given: str, token: str) -> bool:
    """Compare in a time that does not depend on where they differ."""
    return hmac.compare_digest(given.encode(), token.encode())


def _cookie_of(environ: WSGIEnvironment, name: str) -> str:
    try:
        found = SimpleCookie(environ.get("HTTP_COOKIE", "")).get(name)
    except CookieError:
        return ""
    return "" if found is None else found.value


def _host_name(header: str | None) -> str | None:
    """Return the name in a `Host` header, in lower case; None where it is missing or malformed."""
    text = (header or "").lower()
    if text.startswith("["):
        name, bracket, rest = text[1:].partition("]")
        if not bracket or not _is_address(name):
            return None
    else:
        name, colon, port = text.partition(":")
        rest = colon + port
    if rest and not (rest[0] == ":" and rest[1:].isascii() and rest[1:].isdigit()):
        return None
    return name or None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _machine_names() -> set[str]:
    name = socket.gethostname().lower()
    return {name, name.partition(".")[0], socket.getfqdn().lower()}
