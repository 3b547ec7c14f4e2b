import math
from pathlib import Path

import pytest

from experiments.parity.finding import Finding
from experiments.parity.report import ITEMS, ItemResult, Report, live_table, number, write_report

GOOD = Finding(3, "small model, losses", 3e-6, 1e-4, note="four | terms")
CLOSER = Finding(3, "large model, losses", 9e-5, 1e-4)
BAD = Finding.broken(item=4, name="crops stopped", reason="ValueError: no such option")


def _report(*results: ItemResult) -> Report:
    return Report(
        results, oracle="object-detection 1.0", commit="abc1234", notes=("No photographs.",), seconds=130
    )


def test_item_passes_only_with_a_finding_that_can_fail() -> None:
    context = Finding(3, "the oracle against itself", 0.5, 1e-3, is_context=True)
    assert not ItemResult(3, [], 1.0).passed
    assert not ItemResult(3, [context], 1.0).passed
    assert ItemResult(3, [context, GOOD], 1.0).passed
    assert not ItemResult(3, [GOOD, BAD], 1.0).passed


def test_markdown_lists_every_finding_and_the_closest_to_its_tolerance() -> None:
    text = _report(ItemResult(3, [GOOD, CLOSER], 61.0), ItemResult(4, [BAD], 2.0)).markdown()
    lines = text.splitlines()
    assert lines[0] == "# Parity with the Object Detection API"
    assert f"| 3. {ITEMS[3]} | 2 | 9.0e-05 of 1.0e-04 (large model, losses) | pass | 61 s |" in lines
    assert "| small model, losses: four \\| terms | 3.0e-06 | 1.0e-04 | relative | pass |" in lines
    assert "| crops stopped: ValueError: no such option | none | 0 | none | FAIL |" in lines
    assert "- OD API: object-detection 1.0." in lines
    assert "- No photographs." in lines
    assert any("commit abc1234" in line for line in lines)
    assert any("2.2 min in total" in line for line in lines)


def test_written_report_equals_its_markdown(tmp_path: Path) -> None:
    report = _report(ItemResult(3, [GOOD], 61.0))
    write_report(report, tmp_path / "parity.md")
    assert (tmp_path / "parity.md").read_text() == report.markdown()
    assert [path.name for path in tmp_path.iterdir()] == ["parity.md"]


def test_report_passes_if_all_items_pass() -> None:
    assert _report(ItemResult(3, [GOOD], 1.0)).passed
    assert not _report(ItemResult(3, [GOOD], 1.0), ItemResult(4, [BAD], 1.0)).passed


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (12.0, "12"), (1.234e-7, "1.2e-07"), (math.nan, "none"), (math.inf, "none")]
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_live_table_has_one_row_per_finding() -> None:
    table = live_table(ItemResult(4, [GOOD, BAD], 1.0))
    assert table.row_count == 2
    assert "FAIL" in str(table.title)
