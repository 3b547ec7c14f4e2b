"""Write the report page of a generated sweep, and open it in a headless Chromium where there is one.

    python -m experiments.benchmarks.ours.report --records RECORDS --trials 1000

Prints one JSON line.
"""

import argparse
import json
import os
import resource
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.benchmarks.generated_sweep import generate_sweep
from sweepbox.tuning.report.html.write import write_page
from sweepbox.tuning.sweep.reader import load_sweep

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OPENED = 3
"""How often the page is opened; the shortest times count."""
RENDERED = "html[data-rendered]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=Path, required=True)
    parser.add_argument("--trials", type=int, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = generate_sweep(options.records, Path(name) / "run", trials=options.trials)
        state = load_sweep(folder.path)
        started = time.perf_counter()
        write_page(state, folder.page)
        facts: dict[str, Any] = {"write_s": time.perf_counter() - started, "bytes": folder.page.stat().st_size}
        facts["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        facts |= opened(folder.page)
    print(json.dumps(facts))


def opened(page: Path) -> dict[str, float]:
    """Return the times of opening a page and the memory of its scripts; nothing without a browser."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        return {}
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        found = [_opened_once(browser, page) for _ in range(OPENED)]
        browser.close()
    return {key: min(facts[key] for facts in found) for key in found[0]}


def _opened_once(browser: "Browser", page: Path) -> dict[str, float]:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        shown = context.new_page()
        started = time.perf_counter()
        shown.goto(f"file://{page}", wait_until="commit")
        shown.locator(RENDERED).wait_for(state="attached")
        interactive_s = time.perf_counter() - started
        charts = shown.locator(".plot")
        charts.first.scroll_into_view_if_needed()
        charts.first.locator("svg").first.wait_for(state="attached")
        chart_s = time.perf_counter() - started
        for chart in charts.all():
            if chart.is_visible():
                chart.scroll_into_view_if_needed()
                chart.locator("svg").first.wait_for(state="attached")
        used = context.new_cdp_session(shown).send("Runtime.getHeapUsage")["usedSize"]
    return {"interactive_s": interactive_s, "chart_s": chart_s, "heap_mib": used / 2**20}


if __name__ == "__main__":
    main()
