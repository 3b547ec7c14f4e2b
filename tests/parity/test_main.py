"""The runner continues after a check that fails."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from experiments.parity import __main__ as runner
from experiments.parity.context import Context
from experiments.parity.finding import Finding
from experiments.parity.report import ITEMS
from experiments.parity.work import OracleRuns

ALL = [name for item in ITEMS for name in runner.check_names(item)]


def _stopping(context: Context) -> Iterator[Finding]:
    yield Finding(3, f"in {context.folder.name}", 0.0, 1e-4)
    raise ValueError("the loss is not finite")


def _failing(context: Context) -> Iterator[Finding]:
    raise ValueError(f"cannot submit runs in {context.folder.name}")


@pytest.mark.parametrize(("function", "passes"), [("check", 1), ("submit_runs", 0)])
def test_exception_becomes_a_finding_after_the_earlier_findings(
    function: str, passes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("check")
    module.__dict__["check"] = _stopping
    if function == "submit_runs":
        module.__dict__["submit_runs"] = _failing
    monkeypatch.setattr(runner, "check_names", lambda item: [f"item_{item}_losses"])
    monkeypatch.setattr(runner, "load_check", lambda _: module)
    context = Context(tmp_path, OracleRuns(Path("/nowhere/python"), tmp_path / "work"))
    report = runner.run_items(context, [3, 4], oracle="none")
    assert not report.passed
    for item, result in zip((3, 4), report.results, strict=True):
        assert [finding.passed for finding in result.findings] == [True] * passes + [False]
        assert result.findings[-1].name == f"item_{item}_losses stopped"
        assert result.findings[-1].note.startswith("ValueError: ")


def test_every_item_has_checks() -> None:
    assert all(runner.check_names(item) for item in ITEMS)
    assert sorted(ALL) == sorted(path.stem for path in runner.CHECKS.glob("*.py"))


@pytest.mark.parametrize("name", ALL)
def test_every_check_can_be_imported(name: str) -> None:
    module = runner.load_check(name)
    assert callable(module.check)
    assert (module.__doc__ or "").strip()
