"""The text of a URI: what is one, and why none may hold credentials."""

import re
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from sweepbox.detection.core.errors import UsageError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_INCOMPLETE = re.compile(r"(s3|gs|gcs|hdfs|abfss?|file):/?(?!/)")
_SECRET_NAME = re.compile(r"key|secret|token|password|credential|signature|sig$", re.IGNORECASE)
_VARIABLES = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "gcs": "GOOGLE_APPLICATION_CREDENTIALS",
    "abfs": "AZURE_STORAGE_ACCOUNT_KEY",
    "abfss": "AZURE_STORAGE_ACCOUNT_KEY",
}


def is_uri(text: str) -> bool:
    """Return whether a text is a URI, not a path.

    Raises:
        UsageError: It is neither: a URI whose slashes are missing, or one with a drive's letter for a scheme.
    """
    match = _SCHEME.match(text)
    if match is None:
        incomplete = _INCOMPLETE.match(text)
        if incomplete is None:
            return False
        raise UsageError(f"{text}: a URI has two slashes after its scheme; write {incomplete[1]}://…")
    if len(match[1]) == 1:
        raise UsageError(
            f"{text}: {match[1]}: looks like a drive, not like a scheme; give a path, or a URI such as file:///…"
        )
    return True


def check_uri(text: str) -> None:
    """Raise UsageError where a URI is malformed or holds credentials, which would end up in files and logs."""
    scheme = text.partition("://")[0].lower()
    try:
        parts = urlsplit(text)
        password = parts.password
    except ValueError:
        raise UsageError(f"{scheme}://…: the URI is malformed; write {scheme}://NAME/PATH") from None
    secrets = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True) if _SECRET_NAME.search(name)]
    if password is not None:
        secrets.append("password")
    if secrets:
        variables = _VARIABLES.get(scheme, "the environment variables that its driver reads")
        shown = f"{scheme}://{parts.hostname or ''}{parts.path}"
        raise UsageError(
            f"{shown}: the URI holds credentials ({', '.join(secrets)}), which would be written to files and "
            f"logs; leave them out and set {variables} in the environment of every machine"
        )
    if any(character.isspace() or not character.isprintable() for character in text):
        raise UsageError(f"{text!r}: a URI has no spaces; write %20 for one")
    if parts.fragment or not (parts.netloc or parts.path.strip("/")):
        raise UsageError(f"{text}: the URI names no folder; write {scheme}://NAME/PATH")


def root_and_path(uri: str) -> tuple[str, str]:
    """Return the part of a URI that names its file system, query included, and the decoded path there."""
    parts = urlsplit(uri)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}/{query}", unquote(parts.path).strip("/")


def joined(uri: str, *names: str) -> str:
    """Return the URI of a name below another one; its characters are quoted, its slashes kept."""
    base, mark, query = uri.partition("?")
    return "/".join((base.rstrip("/"), *(quote(name.strip("/"), safe="/") for name in names))) + mark + query
