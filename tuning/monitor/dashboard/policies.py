"""The headers that protect the pages: a strict content security policy, and what mounted applications need."""

import base64
import hashlib
import re

CSP = "Content-Security-Policy"

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; object-src 'none'; frame-ancestors 'none'"
"""The policy of a page that loads nothing."""

_INLINE = re.compile(r"<(script|style)\b([^>]*)>(.*?)</\1\s*>", re.DOTALL | re.IGNORECASE)


def own_policy(page: str) -> str:
    """Return the policy of a page of ours: its own inline scripts and styles by their hashes, and this server.

    Styles in attributes are allowed, because charts set them; they load nothing beyond `data:` images.
    """
    scripts = [_hash(text) for kind, rest, text in _INLINE.findall(page) if _runs(kind, rest)]
    return "; ".join(
        [
            NOTHING,
            " ".join(["script-src 'self'", *dict.fromkeys(scripts)]),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
        ]
    )


def _runs(kind: str, attributes: str) -> bool:
    """Return whether an element is a script that runs; one of another type holds data."""
    is_data = re.search(r"""type\s*=\s*["']?(?!module|text/javascript)""", attributes, re.IGNORECASE)
    return kind.lower() == "script" and " src" not in attributes.lower() and not is_data


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
