"""The report page in a real Chromium."""

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from sweepbox.tuning.report.build import report_model
from sweepbox.tuning.report.html.page import page
from sweepbox.tuning.report.html.write import write_page
from sweepbox.tuning.report.model.report import to_json
from sweepbox.tuning.storage.folder import SweepFolder
from sweepbox.tuning.sweep.reader import read_sweep

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

VIEWS = [(width, scheme) for width in (1280, 390) for scheme in ("light", "dark")]
THOROUGH = [(1280, "light"), (390, "dark")]
"""The views in which all charts are drawn, which takes seconds; in the others those at the top."""
CONTROLS = "a[href], button, input, select, summary, [tabindex='0']"
SEEN = f"""() => [...document.querySelectorAll("{CONTROLS}")].filter((item) => item.checkVisibility())
  .map((item, index) => {{ item.dataset.control = index; return String(index); }})"""
MISSING = """() => {
  const missing = [...document.querySelectorAll('.plot')]
    .filter((item) => item.checkVisibility() && !item.querySelector('svg'));
  missing[0]?.scrollIntoView({ block: 'center' });
  return missing.map((item) => item.ariaLabel);
}"""
"""Returns the charts that are not drawn, and brings the first of them into view."""
AXE = "axe.run({exclude: ['.plot svg']}, {resultTypes: ['violations']})"
"""Charts are images to assistive technology; the tables behind them are looked at."""
View = tuple[int, str]
Opened = Callable[..., "Page"]


def assert_count(locator: "Locator", count: int) -> None:
    """Wait until there are so many elements: some are made when they come into view or are opened."""
    from playwright.sync_api import expect

    expect(locator).to_have_count(count, timeout=20_000)


@pytest.fixture(scope="module")
def pages(
    finished_sweep: SweepFolder, running_sweep: SweepFolder, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The pages of a finished and of a running sweep."""
    running = tmp_path_factory.mktemp("pages") / "running.html"
    write_page(read_sweep(running_sweep, is_running=True), running)
    return {"finished": finished_sweep.page, "running": running}


@pytest.fixture
def opened(browser: "Browser") -> Iterator[Opened]:
    """Return a function that opens an address; at the end nothing may have gone wrong in the pages."""
    problems: list[str] = []
    contexts = []

    def open_page(
        address: str | Path, *, width: int = 1280, scheme: Literal["light", "dark"] = "light", **options: Any
    ) -> "Page":
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        contexts.append(context)
        shown = context.new_page()
        home = f"file://{address}" if isinstance(address, Path) else address
        shown.on(
            "console", lambda item: problems.append(item.text) if item.type in ("error", "warning") else None
        )
        shown.on("pageerror", lambda error: problems.append(str(error)))
        shown.on("dialog", lambda dialog: problems.append(f"dialog {dialog.message}"))
        origin = home if home.startswith("file:") else home.rstrip("/")
        shown.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((origin, "data:", "blob:"))
                else problems.append(f"request to {request.url}")
            ),
        )
        shown.goto(home)
        return shown

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def see_all(shown: "Page") -> None:
    """Scroll through a page until all charts are drawn."""
    for _ in range(600):
        missing = shown.evaluate(MISSING)
        if not missing:
            return
        shown.wait_for_timeout(50)
    assert missing == []


@pytest.mark.parametrize("state", ["finished", "running"])
@pytest.mark.parametrize("view", VIEWS)
def test_the_page_is_whole_at_any_width_and_in_the_dark(
    pages: dict[str, Path], opened: Opened, axe: str, state: str, view: View
) -> None:
    width, scheme = view
    shown = opened(pages[state], width=width, scheme=scheme)
    if view in THOROUGH:
        see_all(shown)
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    dark = shown.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    assert dark == (scheme == "dark")
    shown.evaluate(axe)
    found = shown.evaluate(AXE)["violations"]
    serious = [
        (item["id"], item["help"], [node["html"][:200] for node in item["nodes"]][:3])
        for item in found
        if item["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_the_numbers_are_those_of_winner_json(
    pages: dict[str, Path], opened: Opened, finished_sweep: SweepFolder
) -> None:
    winner = json.loads(finished_sweep.winner.read_text())
    shown = opened(pages["finished"])
    lead = shown.inner_text("#verdict .lead")
    assert f"trial {winner['trial']}:" in lead
    assert f"{winner['metric']} {winner['value']:.4f}" in lead
    assert f"evaluation {winner['evaluation']}, step {winner['step']}" in lead
    rows = shown.locator("#verdict table").first.locator("tbody tr").all_inner_texts()
    told = {name: (float(ap), float(ap50)) for name, ap, _, ap50, _ in (row.split("\t") for row in rows)}
    for name, value in winner["AP"].items():
        assert told[name] == pytest.approx((value, winner["AP@.50"][name]), abs=6e-5)
    changed = shown.locator("#verdict table", has_text="Changes of the base config").locator("tbody tr")
    assert_count(changed, len(winner["changes"]))
    assert shown.locator("tr.winner th").inner_text() == winner["trial"]


def test_the_keyboard_reaches_every_control(pages: dict[str, Path], opened: Opened) -> None:
    shown = opened(pages["finished"])
    wanted = set(shown.evaluate(SEEN))
    assert len(wanted) > 30
    reached = set()
    for _ in range(len(wanted) + 5):
        shown.keyboard.press("Tab")
        reached.add(shown.evaluate("document.activeElement.dataset.control"))
    assert wanted <= reached


def test_the_table_behind_a_chart_opens_with_the_keyboard(pages: dict[str, Path], opened: Opened) -> None:
    shown = opened(pages["finished"])
    details = shown.locator("#curves details")
    assert_count(details.locator("tbody tr"), 0)
    details.locator("summary").focus()
    shown.keyboard.press("Enter")
    model = json.loads(shown.inner_text("#model"))
    assert_count(details.locator("tbody tr"), sum(trial["evaluations"] for trial in model["trials"]))


def test_trials_are_sorted_and_filtered(pages: dict[str, Path], opened: Opened) -> None:
    shown = opened(pages["finished"])
    table = shown.locator("#trials table.trials")
    names = table.locator("tbody th")
    shown.get_by_role("button", name="trial", exact=True).click()
    assert names.all_inner_texts() == [f"{number:04d}" for number in range(24)]
    assert table.locator("th[aria-sort=ascending]").inner_text().startswith("trial")
    shown.get_by_role("button", name="trial", exact=True).press("Enter")
    assert names.first.inner_text() == "0023"
    shown.locator("#trials select").select_option("failed")
    assert names.all_inner_texts() == ["0017"]
    assert "1 of 24" in shown.inner_text("#trials [role=status]")
    shown.locator("#trials input").fill("nothing has this")
    assert_count(names, 0)


def test_two_trials_are_compared(pages: dict[str, Path], opened: Opened) -> None:
    shown = opened(pages["finished"])
    first, second = shown.locator("#compare select").all()
    first.select_option("0002")
    second.select_option("0013")
    trials = {trial["id"]: trial for trial in json.loads(shown.inner_text("#model"))["trials"]}
    row = shown.locator("#compare tr", has=shown.get_by_role("rowheader", name="mAP@.50", exact=True))
    expected = [trials[name]["metrics"]["mAP@.50"] for name in ("0002", "0013")]
    cells = [float(text) for text in row.locator("td").all_inner_texts()[:2]]
    assert cells == pytest.approx(expected, abs=6e-5)
    second.select_option("0002")
    assert "The configs are equal." in shown.inner_text("#compare")


def test_kinds_of_boxes_are_switched_off(pages: dict[str, Path], opened: Opened) -> None:
    shown = opened(pages["finished"])
    grid = shown.locator("#pictures .pictures")
    analysis = json.loads(shown.inner_text("#model"))["detector"]["analysis"]
    boxes = [box["outcome"] for item in analysis["worst"] for box in item["boxes"]]
    assert_count(grid.locator("figure"), len(analysis["worst"]))
    for label, outcome in (("misses", "miss"), ("false alarms", "false alarm"), ("confusions", "confusion")):
        marks = grid.locator(f".mark.{outcome.replace(' ', '-')}")
        assert outcome in boxes
        assert_count(marks, boxes.count(outcome))
        assert marks.first.is_visible()
        shown.locator("#pictures").get_by_label(label, exact=True).uncheck()
        assert not marks.first.is_visible()
    shown.get_by_label("true boxes").check()
    assert grid.locator(".mark.truth").first.is_visible()


def test_the_errors_of_the_detector_are_those_of_its_document(
    pages: dict[str, Path], opened: Opened, finished_sweep: SweepFolder
) -> None:
    analysis = json.loads(finished_sweep.detector.read_text())["analysis"]
    shown = opened(pages["finished"])
    tiles = shown.locator("#detector .tile")
    told = dict(
        zip(
            tiles.locator("dt").all_inner_texts(),
            tiles.locator("dd:nth-child(2)").all_inner_texts(),
            strict=True,
        )
    )
    outcomes = analysis["outcomes"]
    expected = {name: outcomes[name] for name in ("hits", "misses", "confusions")}
    expected["false alarms"] = sum(outcomes["false_alarms"].values())
    assert told == {name: str(count) for name, count in expected.items()}
    shown.locator("#detector select").select_option("dog")
    shown.locator("#detector summary", has_text="precision at each recall").click()
    rows = shown.locator("#detector details", has_text="precision at each recall").locator("tbody tr")
    assert_count(rows, 2 * 11)  # two IoUs, recalls 0, 0.1 … 1
    assert set(rows.locator("th").all_inner_texts()) == {"dog"}
    suspects = shown.locator("#suspects tbody tr")
    assert len(analysis["suspects"]) > 20
    assert_count(suspects, 20)
    shown.locator("#suspects").get_by_role("button", name="Show all").click()
    assert_count(suspects, len(analysis["suspects"]))


def test_without_javascript_the_tables_are_readable(pages: dict[str, Path], opened: Opened) -> None:
    shown = opened(pages["finished"], java_script_enabled=False)
    assert "JavaScript is off" in shown.inner_text("body")
    assert "Changes of the base config" in shown.inner_text("body")


def test_a_browser_that_cannot_unpack_says_so(pages: dict[str, Path], browser: "Browser") -> None:
    with browser.new_context() as context:
        context.add_init_script("delete window.DecompressionStream")
        shown = context.new_page()
        shown.goto(f"file://{pages['finished']}")
        shown.locator("#curves .plot").scroll_into_view_if_needed()
        shown.locator("#curves .plot.failed").wait_for(timeout=20_000)
        assert "This browser cannot draw charts" in shown.inner_text("#curves .plot")
        assert_count(shown.locator("#trials table.trials tbody tr"), 24)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder and yield its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def publish(path: Path, model: Mapping[str, Any]) -> None:
    """Write a state that has another time than the last one: a server tells by the second what is new."""
    newest = path.stat().st_mtime if path.exists() else 0.0
    path.write_text(json.dumps(model))
    os.utime(path, (newest + 2, newest + 2))


def test_a_live_page_shows_what_it_polls(running_sweep: SweepFolder, opened: Opened, tmp_path: Path) -> None:
    model = to_json(report_model(read_sweep(running_sweep, is_running=True)))
    (tmp_path / "index.html").write_text(page(model, live=True))
    publish(tmp_path / "state.json", model)
    with served(tmp_path) as address:
        shown = opened(address)
        shown.locator("#trials input").fill("00")
        shown.locator("#curves summary").click()
        rows = shown.locator("#curves tbody tr")
        rows.first.wait_for(state="attached")  # they are made when the table is opened
        before = rows.count()
        changed = {**model, "running": False, "trials": model["trials"][:-1], "name": "<b>ended</b>"}
        publish(tmp_path / "state.json", {**changed, "problems": ["trial 0003 cannot be read"]})
        shown.get_by_role("heading", name="<b>ended</b>", exact=True).wait_for(timeout=10_000)
        assert "Not running" in shown.inner_text("#state")
        assert shown.inner_text("#notice") == "trial 0003 cannot be read"
        assert shown.locator("#trials input").input_value() == "00"
        lost = model["trials"][-1]["evaluations"]
        assert_count(shown.locator("#curves tbody tr"), before - lost)
        publish(tmp_path / "state.json", {"name": "x", "problems": ["the folder is gone"]})
        shown.get_by_text("the folder is gone").wait_for(timeout=10_000)
        assert_count(shown.locator("#trials table.trials tbody tr"), len(changed["trials"]))
        shown.close()
