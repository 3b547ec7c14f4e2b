"""The report page: one file that loads nothing, for a sweep that has ended or, live, for a server."""

import base64
import gzip
import hashlib
import html
import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from sweepbox.tuning.report.html.tables import static_tables

SCRIPTS = (
    "core",
    "tables",
    "charts",
    "verdict",
    "trials",
    "curves",
    "timeline",
    "search",
    "parameters",
    "detector",
    "pictures",
    "data",
    "compare",
    "page",
)
"""The page's scripts in `scripts/`, in their order. Each section registers itself; `page` comes last."""
DIGITS = 7
"""The significant digits of numbers in the page; it shows at most four."""


def page(model_json: Mapping[str, Any], *, live: bool, links: Mapping[str, str] | None = None) -> str:
    """Return the page of a sweep.

    Args:
        model_json: What `to_json` returns of the sweep's model.
        live: Whether the page polls `state.json` beside it once a second and shows what it gets: the same JSON.
            A server may add `problems`, a list of texts that are shown above the state; without `trials` the
            last state stays.
        links: Other pages of the server, by the words of the links.
    """
    return _template().substitute(
        live=str(live).lower(),
        policy=html.escape(content_security_policy(live=live)),
        guards=_style_guards(),
        name=html.escape(str(model_json["name"])),
        links=_links(links or {}),
        style=_style(),
        tables=static_tables(model_json),
        model=json_text(model_json),
        plotly=_packed_plotly(),
        scripts="\n".join(f"<script>{text}</script>" for text in _scripts()),
    )


def json_text(model_json: Mapping[str, Any]) -> str:
    """Return the model as compact JSON for a page: `<` is escaped, numbers have `DIGITS` digits."""
    text = json.dumps(_rounded(model_json), separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def content_security_policy(*, live: bool) -> str:
    """Return the page's content security policy: its own scripts and style by their hashes, and nothing else.

    A live page may ask its own server for the state.
    """
    scripts = " ".join(_hash(text) for text in (*_scripts(), _plotly()))
    # Plotly fills an empty style element through the object model.
    styles = " ".join(_hash(text) for text in (_style(), ""))
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {scripts}",
            f"style-src-elem {styles}",
            "style-src-attr 'unsafe-inline'",
            "img-src data: blob:",
            "connect-src 'self'" if live else "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _links(links: Mapping[str, str]) -> str:
    anchors = (f'<a href="{html.escape(path)}">{html.escape(words)}</a>' for words, path in links.items())
    return f'<p class="note">{" · ".join(anchors)}</p>' if links else ""


def _rounded(value: Any) -> Any:
    if type(value) in (str, int):
        return value
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if abs(value) < 1e9 else round(value, 2)
    if isinstance(value, Mapping):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _template() -> Template:
    return Template(_own("page.html"))


@cache
def _style() -> str:
    return _own("page.css")


@cache
def _scripts() -> tuple[str, ...]:
    return tuple(_own(f"scripts/{name}.js") for name in SCRIPTS)


def _own(name: str) -> str:
    return files("sweepbox.tuning.report.html").joinpath(name).read_text(encoding="utf-8")


@cache
def _plotly() -> str:
    return files("plotly").joinpath("package_data/plotly.min.js").read_text(encoding="utf-8")


@cache
def _style_guards() -> str:
    """Return elements with the ids of the styles of Plotly's maps, which it then does not insert.

    The page has no maps, and its content security policy would refuse the styles.
    """
    ids = sorted(set(re.findall(r'getElementById\("([0-9a-f]{64})"\)', _plotly())))
    return "".join(f'<meta id="{name}">' for name in ids)


@cache
def _packed_plotly() -> str:
    """Return Plotly's script, compressed, in base64."""
    return base64.b64encode(gzip.compress(_plotly().encode(), compresslevel=6, mtime=0)).decode()
