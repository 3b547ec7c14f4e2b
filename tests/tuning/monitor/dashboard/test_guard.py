"""The server only reads, answers under its own names and with its token, and protects every page."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sweepbox.tuning.monitor.dashboard.guard import Access
from tests.tuning.monitor.dashboard.conftest import Serve

PATHS = [
    "/",
    "/state.json",
    "/runs/lived/",
    "/tensorboard/?tensorboardColab=true",
    "/tensorboard/data/plugins_listing",
    "/dashboard",
    "/api/studies",
    "/csv/0",
    "/optuna/",
    "/nothing",
]
ALL = "0.0.0.0"  # noqa: S104 - all addresses
METHODS = ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"]


def test_every_method_that_could_write_is_refused_everywhere(lived_once: Path, serve: Serve) -> None:
    client = serve(lived_once)
    for path in [*PATHS, "/api/studies/0", "/tensorboard/data/plugin/scalars/scalars_multirun"]:
        for method in METHODS:
            answer = client.request(path, method, Content_Length="0")
            assert (answer.status, answer.headers.get("Allow")) == (405, "GET, HEAD"), (path, method)


def test_head_answers_like_get_without_a_body(lived_once: Path, serve: Serve) -> None:
    client = serve(lived_once)
    for path in PATHS:
        head, get = client.request(path, "HEAD"), client.request(path)
        assert (head.status, head.body) == (get.status, b""), path
        assert head.headers["Content-Type"] == get.headers["Content-Type"]


def test_every_page_has_a_policy_and_is_not_cached(lived_once: Path, serve: Serve) -> None:
    client = serve(lived_once)
    pages = 0
    for path in [*PATHS, "/static/nothing.html", "/dashboard/studies/0"]:
        answer = client.request(path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        if answer.headers["Content-Type"].startswith("text/html"):
            pages += 1
            policy = answer.headers["Content-Security-Policy"]
            directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
            assert directives["frame-ancestors"] in ("'none'", "'self'")
            assert directives["object-src"] == "'none'"
            assert "https:" not in policy
            assert "*" not in policy
            assert "'unsafe-inline'" not in directives.get("script-src", "")
            assert answer.headers["Cache-Control"] == "no-store"
    assert pages >= 5


def test_our_own_pages_run_no_script_of_others(lived_once: Path, serve: Serve) -> None:
    policy = serve(lived_once).request("/").headers["Content-Security-Policy"]
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["connect-src"] == "'self'"
    assert re.fullmatch(r"('sha256-[\w+/=]+' ?)+", directives["script-src"])
    several = serve(lived_once, lived_once).request("/").headers["Content-Security-Policy"]
    assert "script-src" not in several


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:1234", "[::1]:80", "127.0.0.1:8265"])
def test_its_own_names_are_answered(lived_once: Path, serve: Serve, host: str) -> None:
    assert serve(lived_once).request("/state.json", Host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example",
        "localhost.attacker.example",
        "",
        "192.0.2.7",
        "127.0.0.1:x",
        "127.0.0.1@evil",
        "[::1",
    ],
)
def test_a_name_that_was_rebound_to_this_machine_is_refused(lived_once: Path, serve: Serve, host: str) -> None:
    client = serve(lived_once)
    for path in ("/state.json", "/api/studies", "/tensorboard/data/runs"):
        assert client.request(path, Host=host).status == 421


def test_bound_to_all_addresses_any_address_is_its_own_and_foreign_names_are_not() -> None:
    access = Access(ALL, 8265, "token")
    assert access.allows_host("192.0.2.7:8265")
    assert access.allows_host("[2001:db8::1]")
    assert not access.allows_host("attacker.example")
    assert not access.allows_host(None)


def test_beyond_loopback_the_link_sets_a_cookie_and_nothing_is_answered_without(
    lived_once: Path, serve: Serve
) -> None:
    client = serve(lived_once, host=ALL)
    token = urlsplit(client.server.link).query
    assert re.fullmatch(r"token=[\w-]{43}", token)
    for path in [*PATHS, "/?token=wrong", f"/?{token[:-1]}", "/?token="]:
        assert client.request(path).status == 401, path
    answer = client.request(f"/runs/lived/?{token}&part=a%26b")
    assert answer.status == 200
    assert '<meta http-equiv="refresh" content="0; url=/runs/lived/?part=a%26b">' in answer.text
    cookie = answer.headers["Set-Cookie"]
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Strict")
    assert token.removeprefix("token=") not in answer.text
    for path in PATHS:
        assert client.request(path, Cookie=cookie.partition(";")[0]).status in (200, 302, 404), path
    assert client.request("/", Cookie=cookie.partition(";")[0] + "x").status == 401


def test_the_page_after_the_link_leads_to_this_server_alone(lived_once: Path, serve: Serve) -> None:
    client = serve(lived_once, host=ALL)
    token = urlsplit(client.server.link).query
    text = client.request(f"//attacker.example/%22%3E%3Cscript%3E?{token}").text
    [target] = re.findall(r'content="0; url=([^"]*)"', text)
    assert target == "/attacker.example/%22%3E%3Cscript%3E"


def test_on_loopback_no_token_is_needed(lived_once: Path, serve: Serve) -> None:
    assert urlsplit(serve(lived_once).server.link).query == ""


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/runs/../../etc/passwd",
        "/runs/lived/../../../etc/passwd",
        "/runs/lived/%2e%2e/sweep.yaml",
        "/runs/..%2f..%2fetc/",
        "/static/..%2f..%2f..%2fetc%2fpasswd",
        "/static/%2e%2e/__init__.py",
        "/static/..%5c__init__.py",
        "/tensorboard/..%2f..%2fetc%2fpasswd",
        "/static//etc/passwd",
        "/static/a%00b",
        "/runs/lived/sweep.yaml",
    ],
)
def test_no_path_leads_out(lived_once: Path, serve: Serve, path: str) -> None:
    answer = serve(lived_once).request(path)
    assert answer.status in (403, 404)
    assert b"root:" not in answer.body
