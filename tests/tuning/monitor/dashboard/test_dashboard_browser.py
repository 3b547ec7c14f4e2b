"""The dashboard in a real Chromium: each page works with GET requests alone, within its policy."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.storage.trial_record import TrialState, read_status, write_status
from tests.tuning.monitor.dashboard.conftest import Serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

WAIT_MS = 60_000


@pytest.fixture
def opened(browser: "Browser") -> Iterator[Callable[[str], "Page"]]:
    """Return a function that opens an address; no page may break its policy or send anything but GET."""
    problems: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_MS)

    def open_page(address: str) -> "Page":
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda item: problems.append(item.text) if "Content Security Policy" in item.text else None,
        )
        own = ("/".join(address.split("/")[:3]), "data:", "blob:")

        def check(request: "Request") -> None:
            if request.method != "GET" or not request.url.startswith(own):
                problems.append(f"{request.method} {request.url}")

        page.on("request", check)
        page.goto(address)
        return page

    yield open_page
    context.close()
    assert problems == []


def test_the_report_follows_the_sweep_without_a_reload(
    lived: Path, serve: Serve, opened: Callable[[str], "Page"]
) -> None:
    folder = SweepFolder(lived)
    page = opened(serve(lived).server.link)
    page.wait_for_selector("text=4 trials: 2 finished")
    page.evaluate("window.wasHere = true")
    trial = folder.trial("0002")
    write_status(trial, replace(read_status(trial), state=TrialState.STOPPED_EARLY))
    page.wait_for_selector("text=1 stopped early")
    moved = lived.rename(lived.with_name("moved"))
    page.wait_for_selector("#notice:has-text('no sweep here')")
    moved.rename(lived)
    page.wait_for_selector("#notice", state="hidden")
    assert page.evaluate("window.wasHere") is True


def test_tensorboard_draws_the_scalars(lived_once: Path, serve: Serve, opened: Callable[[str], "Page"]) -> None:
    page = opened(f"{serve(lived_once).server.link}tensorboard/")
    page.wait_for_selector("text=DetectionBoxes_Precision")
    page.wait_for_selector("scalar-card line-chart svg, scalar-card line-chart canvas")
    assert page.locator("runs-data-table >> text=0001").count() > 0


def test_optuna_dashboard_draws_the_study(
    lived_once: Path, serve: Serve, opened: Callable[[str], "Page"]
) -> None:
    pytest.importorskip("optuna_dashboard")
    page = opened(f"{serve(lived_once).server.link}dashboard/studies/0")
    page.wait_for_selector("text=Hyperparameter Importance")
    page.wait_for_selector(".js-plotly-plot svg.main-svg")
