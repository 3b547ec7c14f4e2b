"""What `sweepbox doctor --config` prints: how the anchors meet the boxes, proposals and traps."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from sweepbox.detection.diagnosis.coverage import Coverage, Met, SizeRow
    from sweepbox.detection.diagnosis.diagnosis import Diagnosis
    from sweepbox.detection.diagnosis.proposals import Proposal


def print_diagnosis(console: Console, diagnosis: "Diagnosis") -> None:
    """Print how a config fits the data."""
    console.print()
    for note in diagnosis.notes:
        console.print(Text(f"{diagnosis.config}: {note}"), soft_wrap=True)
    for problem in diagnosis.problems:
        console.print(Text.assemble(("refused ", "red"), f"  {problem}"), soft_wrap=True)
    if diagnosis.coverage is not None:
        _print_coverage(console, diagnosis.config, diagnosis.coverage)
        if diagnosis.proposals:
            console.print(_proposals(diagnosis.coverage, diagnosis.proposals))
        else:
            console.print("no other anchors, levels or image size meet more of the boxes")
    for name, finding in diagnosis.traps:
        console.print(Text.assemble(("trap    ", "yellow"), f"  {name}"), soft_wrap=True)
        for label, text in (("found", f"{finding.field}: {finding.effect}"), ("remedy", finding.remedy)):
            console.print(Text(f"          {label}: {text}"), soft_wrap=True)
    _print_verdict(console, diagnosis)


def _print_verdict(console: Console, diagnosis: "Diagnosis") -> None:
    count = len(diagnosis.traps)
    if diagnosis.problems:
        lines = len(diagnosis.problems)
        verdict = f"training refuses the config: {lines} {'problem' if lines == 1 else 'problems'}", "red"
    elif count:
        verdict = f"the config has {count} known {'trap' if count == 1 else 'traps'}", "yellow"
    else:
        verdict = "the config has no known trap", "green"
    console.print(Text.assemble(verdict), soft_wrap=True)


def _print_coverage(console: Console, name: str, coverage: "Coverage") -> None:
    height, width = coverage.anchors.input_size
    smallest, largest = coverage.anchors.sides_pixels
    line = (
        f"{name}: images of {width} x {height} px, {coverage.anchors.count:,} anchors on "
        f"{len(coverage.anchors.maps)} maps, sides {smallest:.0f} to {largest:.0f} px; an anchor meets a box "
        f"at an IoU of at least {coverage.threshold:g}"
    )
    console.print(Text(line), soft_wrap=True)
    rest = "only forced" if coverage.forces else "never matched"
    caption = "side of the square of equal area after resizing; size as in the COCO metrics"
    table = Table(caption=Text(caption))
    for heading in ("side (px)", "size"):
        table.add_column(heading)
    for heading in ("boxes", "of all", "met", "met of size", rest):
        table.add_column(heading, justify="right")
    total = coverage.met()
    for row in coverage.by_size():
        table.add_row(_range(row), row.coco, *_cells(row.counts, total.boxes))
    table.add_section()
    table.add_row("all", "", *_cells(total, total.boxes))
    console.print(table)
    console.print(_classes(coverage))


def _cells(counts: "Met", total: int) -> Iterable[str]:
    """Return the cells of a row of sizes."""
    yield from (f"{counts.boxes:,}", f"{counts.boxes / total:.1%}", f"{counts.met:,}", f"{counts.share:.1%}")
    yield f"{counts.forced + counts.unmatched:,}"


def _range(row: "SizeRow") -> str:
    if row.low == 0:
        return f"under {row.high:g}"
    return f"{row.low:g} and more" if row.high is None else f"{row.low:g} to {row.high:g}"


def _classes(coverage: "Coverage") -> Table:
    table = Table(caption=Text("share of the boxes of a class and size that an anchor meets"))
    table.add_column("class", overflow="fold")
    for heading in ("boxes", "met", "small", "medium", "large", "< 16 px"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in coverage.by_class():
        sizes = (row.by_size[name] for name in ("small", "medium", "large"))
        shares = [f"{counts.share:.1%}" if counts.boxes else "-" for counts in (row.counts, *sizes)]
        table.add_row(Text(row.name), f"{row.counts.boxes:,}", *shares, f"{row.tiny:,}")
    return table


def _proposals(coverage: "Coverage", proposals: Iterable["Proposal"]) -> Table:
    """Return a table of changes, the config as it is first."""
    caption = "proposals: try them with --set, or as choices in the space of a sweep"
    table = Table(caption=Text(caption))
    table.add_column("change", overflow="fold")
    for heading in ("met", "< 16 px", "anchors", "pixels"):
        table.add_column(heading, justify="right", no_wrap=True)
    tiny = f"{coverage.below(16):.1%}"
    table.add_row("none", f"{coverage.met().share:.1%}", tiny, f"{coverage.anchors.count:,}", "x 1")
    for item in proposals:
        edits = "\n".join(f"{edit.path}={_value(edit.value)}" for edit in item.edits)
        reached = (f"{item.share:.1%}", f"{item.tiny:.1%}", f"{item.anchors:,}", f"x {item.pixels:.3g}")
        table.add_row(Text(edits), *reached)
    return table


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
