"""The report of a run of checks: a table while it goes on, and the markdown that is kept."""

import math
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.table import Table

from experiments.parity.finding import Finding

ITEMS = {
    1: "Checkpoints, both ways",
    2: "Every SSD family but EfficientDet",
    3: "Losses and training",
    4: "Preprocessing and augmentation",
    5: "Post-processing",
    6: "Reading",
    7: "Metrics",
    8: "Export",
}
PACKAGES = ("tensorflow", "keras", "numpy")


@dataclass(frozen=True)
class ItemResult:
    """What one item's checks found and how long they took, waiting for the oracle included."""

    item: int
    findings: Sequence[Finding]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether there is a finding that can fail and none did."""
        judged = [finding for finding in self.findings if not finding.is_context]
        return bool(judged) and all(finding.passed for finding in judged)


@dataclass(frozen=True)
class Report:
    """All items that were run, in order, with the notes of the run."""

    results: Sequence[ItemResult]
    oracle: str
    commit: str
    notes: Sequence[str] = field(default=())
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every item passed."""
        return all(result.passed for result in self.results)

    def markdown(self) -> str:
        """Return the whole report; the same findings give the same text but for seconds and versions."""
        parts = [_HEAD, "\n".join(self._facts()), self._summary()]
        parts += [_item_section(result) for result in self.results]
        return "\n\n".join(parts) + "\n"

    def _facts(self) -> list[str]:
        ours = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
        lines = [
            f"- Ours: commit {self.commit}, Python {platform.python_version()}, {ours}.",
            f"- The oracle: {self.oracle}.",
            f"- The machine: {os.cpu_count()} CPU cores, no GPU used; {_minutes(self.seconds)} in all.",
        ]
        return lines + [f"- {note}" for note in self.notes]

    def _summary(self) -> str:
        rows = [
            f"| {result.item}. {ITEMS[result.item]} | {len(result.findings)} | {_worst(result.findings)} "
            f"| {'pass' if result.passed else 'FAIL'} | {_minutes(result.seconds)} |"
            for result in self.results
        ]
        head = "| item | comparisons | closest to its tolerance | verdict | time |\n|---|---|---|---|---|"
        return "\n".join([head, *rows])


_HEAD = """# Side by side with the Object Detection API

Written by `make parity`. The oracle is the TensorFlow Object Detection API itself, run in an environment of its
own on the same checkpoints, pictures and records; every row is the largest difference over all that the row
compares. Rows marked "for comparison" tell how far the oracle's own figures move when its weights are changed
by 1e-7 of themselves: no implementation in float32 can be held to less than that."""


def _item_section(result: ItemResult) -> str:
    title = f"## {result.item}. {ITEMS[result.item]}"
    head = f"{title}\n\n| compared | largest difference | tolerance | measure | verdict |"
    rows = [
        f"| {_cell(finding)} | {number(finding.difference)} | {_tolerance(finding)} | {finding.measure} "
        f"| {finding.verdict} |"
        for finding in result.findings
    ]
    return "\n".join([head, "|---|---|---|---|---|", *rows])


def _cell(finding: Finding) -> str:
    text = f"{finding.name}: {finding.note}" if finding.note else finding.name
    return text.replace("|", "\\|").replace("\n", " ")


def _tolerance(finding: Finding) -> str:
    return "" if finding.is_context else number(finding.tolerance)


def number(value: float) -> str:
    """Return a difference as short text: whole numbers as they are, others with two digits."""
    if not math.isfinite(value):
        return "none"
    return f"{value:.0f}" if value == int(value) and value < 1e6 else f"{value:.1e}"


def _worst(findings: Sequence[Finding]) -> str:
    """Return the finding that comes closest to its tolerance, or goes farthest past it."""
    judged = [finding for finding in findings if not finding.is_context]
    if not judged:
        return "nothing was compared"
    finding = max(judged, key=_share)
    if finding.difference == 0.0:
        return "no difference at all"
    shown = f"{number(finding.difference)} of {number(finding.tolerance)} ({finding.name})"
    return shown.replace("|", "\\|")


def _share(finding: Finding) -> float:
    if math.isnan(finding.difference):
        return float("inf")
    if finding.tolerance == 0.0:
        return float("inf") if finding.difference else 0.0
    return finding.difference / finding.tolerance


def live_table(result: ItemResult) -> Table:
    """Return the table that is printed when an item is done."""
    verdict = "pass" if result.passed else "FAIL"
    table = Table(title=f"{result.item}. {ITEMS[result.item]}: {verdict} ({_minutes(result.seconds)})")
    table.add_column("compared", overflow="fold")
    for column in ("difference", "tolerance", "verdict"):
        table.add_column(column, justify="right")
    for finding in result.findings:
        style = "" if finding.passed else "bold red"
        row = (number(finding.difference), _tolerance(finding), finding.verdict)
        table.add_row(f"{finding.name}: {finding.note}" if finding.note else finding.name, *row, style=style)
    return table


def write_report(report: Report, path: Path) -> None:
    """Write the markdown, whole or not at all."""
    partial = path.with_suffix(".partial")
    partial.write_text(report.markdown())
    partial.replace(path)


def commit_of(root: Path) -> str:
    """Return the checkout's short commit, with a word where files differ from it; `unknown` outside of git."""
    facts: Mapping[str, list[str]] = {
        "commit": ["rev-parse", "--short", "HEAD"],
        "changes": ["status", "--porcelain", "--untracked-files=no"],
    }
    try:
        found = {
            name: subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True).stdout  # noqa: S607
            for name, words in facts.items()
        }
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found["commit"].strip() + (" with changes" if found["changes"].strip() else "")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
