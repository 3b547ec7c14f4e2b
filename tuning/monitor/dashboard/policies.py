"""The headers that protect the pages: a strict content security policy, and what mounted applications need."""

import base64
import hashlib
import html
import re

CSP = "Content-Security-Policy"

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; object-src 'none'; frame-ancestors 'none'"
"""The policy of a page that loads nothing."""

_META = re.compile(r"""<meta http-equiv="Content-Security-Policy" content="([^"]*)">""")
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def own_policy(page: str) -> str:
    """Return the policy of a page of ours: the one that it states itself, or its own styles and nothing else.

    A page cannot state for itself who may frame it.
    """
    stated = _META.search(page)
    if stated is not None:
        return f"{html.unescape(stated[1])}; object-src 'none'; frame-ancestors 'none'"
    styles = " ".join(_hash(text) for text in _STYLE.findall(page))
    return f"{NOTHING}; style-src {styles}" if styles else NOTHING


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def tensorboard_policy(given: str) -> str:
    """Return TensorBoard's policy without the servers that it names; its plugins are frames of its own."""
    kept = [
        " ".join(part for part in directive.split() if not part.startswith("https:"))
        for directive in given.split(";")
        if directive.split()[:1] != ["frame-ancestors"]
    ]
    return "; ".join([*kept, "base-uri 'self'", "form-action 'none'", "frame-ancestors 'self'"])


def optuna_policy(given: str) -> str:
    """Return optuna-dashboard's policy with what it leaves open."""
    return "; ".join([*given.split(";"), "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"])


def policy_of(path: str, given: str) -> str:
    """Return the policy for a mounted application's page with the policy `given`; a strict one for none."""
    if not given:
        return NOTHING
    if path.startswith("/tensorboard"):
        return tensorboard_policy(given)
    if path.startswith("/dashboard"):
        return optuna_policy(given)
    return given


def protected(path: str, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers of any response with those that protect it; pages are never cached."""
    found = {name.lower(): value for name, value in headers}
    is_page = found.get("content-type", "").startswith("text/html")
    replaced = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Frame-Options": "SAMEORIGIN" if path.startswith("/tensorboard") else "DENY",
    }
    if is_page:
        replaced[CSP] = policy_of(path, found.get(CSP.lower(), ""))
        replaced |= {"Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin"}
    elif "cache-control" not in found:
        replaced["Cache-Control"] = "no-store"
    names = {name.lower() for name in replaced}
    return [*((name, value) for name, value in headers if name.lower() not in names), *replaced.items()]
