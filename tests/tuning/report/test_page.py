"""The report page: it loads nothing, states nothing unescaped, and stays small."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from sweepbox.tuning.report.html.page import SCRIPTS, content_security_policy, json_text, page

HOSTILE = '</script><script>alert(1)</script><!-- <b onclick="x"> & \'\u2028'
FOLDER = Path(__file__).parents[3] / "tuning" / "report" / "html"


def model_json(text: str = HOSTILE) -> dict[str, Any]:
    """Return the model of a sweep in which everything that others may write is hostile."""
    return {
        "name": text,
        "objective": [{"label": text, "mode": "max"}],
        "verdict": {
            "trial": "0000",
            "evaluation": 1,
            "step": 2,
            "metric": text,
            "value": 0.123456789,
            "interval": [0.1, 0.2],
            "text": [text],
            "changes": [{"path": text, "before": None, "after": text}],
            "classes": [{"name": text, "ap": 0.5, "ap50": None}],
        },
        "trials": [
            {
                "id": "0000",
                "state": "failed",
                "origin": "sampled",
                "evaluations": 1,
                "total_evaluations": 2,
                "value": 0.5,
                "seconds": 1.0,
                "settings": text,
                "error": text,
            }
        ],
        "commands": [{"label": text, "command": text}],
    }


class Elements(HTMLParser):
    """The elements of a page, with their attributes, and the text of each script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] == "script":
            self.scripts.append(data)


@pytest.fixture(scope="module")
def hostile() -> str:
    return page(model_json(), live=False)


def test_the_page_loads_nothing(hostile: str) -> None:
    for tag, attributes in Elements(hostile).elements:
        for name in ("src", "srcset", "data", "action", "poster"):
            assert name not in attributes, (tag, attributes)
        if "href" in attributes:
            assert str(attributes["href"]).startswith(("#", "data:,")), (tag, attributes)
    assert "@import" not in hostile
    assert "url(" not in (FOLDER / "page.css").read_text()
    policy = content_security_policy(live=False)
    assert "default-src 'none'" in policy
    assert "connect-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'unsafe-inline'" not in policy


def test_text_of_others_is_never_markup(hostile: str) -> None:
    elements = Elements(hostile).elements
    assert sum(tag == "script" for tag, _ in elements) == len(SCRIPTS) + 2  # the model and Plotly
    assert not any(tag == "b" for tag, _ in elements)
    assert not any(name.startswith("on") for _, attributes in elements for name in attributes)
    assert hostile.count("&lt;script&gt;alert(1)") > 5


def test_the_model_in_the_page_is_the_one_that_was_given(hostile: str) -> None:
    found = re.search(r'<script type="application/json" id="model">(.*?)</script>', hostile, re.DOTALL)
    assert found is not None
    told = json.loads(found[1])
    assert told["name"] == HOSTILE
    assert told["verdict"]["value"] == 0.1234568


def test_a_live_page_may_ask_its_own_server() -> None:
    assert "connect-src 'self'" in content_security_policy(live=True)
    assert 'data-live="true"' in page(model_json(), live=True)


def test_numbers_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        json_text({"value": float("nan")})


def test_the_scripts_use_no_markup_and_no_code_from_text() -> None:
    for path in (FOLDER / "scripts").glob("*.js"):
        text = path.read_text()
        for name in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            assert name not in text, (path.name, name)
    assert {path.stem for path in (FOLDER / "scripts").glob("*.js")} == set(SCRIPTS)


def test_without_javascript_the_tables_are_there(hostile: str) -> None:
    [static] = re.findall(r"<noscript>(.*?)</noscript>", hostile, re.DOTALL)
    assert "JavaScript is off" in static
    for caption in ("Changes of the base config", "AP by class", "Trials", "Failed trials", "Commands"):
        assert f"<caption>{caption}</caption>" in static
    assert "0.1235, 90 % interval 0.1000 to 0.2000" in static
