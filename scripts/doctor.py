"""`sweepbox doctor`: examine a Pascal VOC data set and list every defect."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweepbox.scripts.cli import run

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from sweepbox.detection.data.dataset.doctor import DoctorReport, Sizes

LEAST_IMAGES = 3
"""How many images a class needs to be in every part of a split."""


def command(
    data: Annotated[Path, typer.Argument(help="Folder with images and Pascal VOC annotations.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    label_map: Annotated[
        Path | None,
        typer.Option(help="Hold class names against this.", show_default="DATA/label_map.pbtxt if there"),
    ] = None,
) -> None:
    """Examine a Pascal VOC data set: counts and sizes by class, and every defect with file and object.

    Ends with status 1 if a defect would break training, and with 0 if there is none or prepare handles all.
    docs/data.md lists the layouts of folders and the limits on the sizes of files.
    """
    from sweepbox.detection.config.label_map import load_label_map
    from sweepbox.detection.data.dataset.doctor import examine
    from sweepbox.scripts.console import plain_console
    from sweepbox.scripts.progress import progress_bar

    known = load_label_map(label_map) if label_map is not None else None
    with progress_bar("examining", is_hidden=as_json) as on_progress:
        report = examine(data, label_map=known, on_progress=on_progress)
    if as_json:
        sys.stdout.write(json.dumps(report.to_json(), indent=2, allow_nan=False) + "\n")
    else:
        _print_report(plain_console(), report)
    if report.breaks_training:
        raise typer.Exit(1)


def _print_report(console: "Console", report: "DoctorReport") -> None:
    """Print tables of classes and defects, and a verdict."""
    from rich.text import Text

    from sweepbox.detection.data.dataset.defects import NEEDS_DECISION

    console.print(
        f"{report.folder}: {report.images} images, {report.annotations} annotations "
        f"({report.images_without_objects} without objects), width {_range(report.image_width)}, "
        f"height {_range(report.image_height)} px",
        highlight=False,
        soft_wrap=True,
    )
    console.print(_class_table(report))
    for name, count in report.class_images.items():
        if count < LEAST_IMAGES:
            line = f"check    {name}: only {count} images show it; each of three parts needs one"
            console.print(Text(line, "yellow"), soft_wrap=True)
    for defect in report.defects:
        mild = "check  " if defect.kind in NEEDS_DECISION else "handled"
        mark = ("breaks ", "red") if defect.breaking else (mild, "yellow")
        console.print(Text.assemble(mark, f"  {defect}"), soft_wrap=True)
    _print_verdict(console, report)


def _class_table(report: "DoctorReport") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(caption="boxes in pixels: smallest / median / largest; small: area below 32 x 32")
    table.add_column("class")
    for heading in ("objects", "width", "height", "small"):
        table.add_column(heading, justify="right")
    for name, count in report.class_counts.items():
        sizes = report.box_sizes.get(name)
        cells = (
            (_range(sizes.width), _range(sizes.height), f"{sizes.small_share:.0%}")
            if sizes
            else ("-", "-", "-")
        )
        table.add_row(Text(name), str(count), *cells)
    return table


def _range(sizes: "Sizes | None") -> str:
    return f"{sizes.min:g} / {sizes.median:g} / {sizes.max:g}" if sizes else "-"


def _print_verdict(console: "Console", report: "DoctorReport") -> None:
    from rich.text import Text

    from sweepbox.detection.data.dataset.defects import NEEDS_DECISION

    counts = Counter(defect.kind.value for defect in report.defects)
    kinds = ", ".join(f"{count} x {kind}" for kind, count in counts.most_common())
    if report.breaks_training:
        breaking = sum(defect.breaking for defect in report.defects)
        verdict = (f"{breaking} of {len(report.defects)} defects would break training", "red"), f": {kinds}"
    elif report.defects:
        open_ = sum(defect.kind in NEEDS_DECISION for defect in report.defects)
        count = len(report.defects)
        mild = f"{count} defects, which prepare handles"
        if open_:
            mild = f"{count} defects, of which prepare handles {count - open_} and {open_} need a decision"
        verdict = (mild, "yellow"), f": {kinds}"
    else:
        verdict = ("no defect found", "green"), ""
    console.print(Text.assemble(*verdict), soft_wrap=True)


if __name__ == "__main__":
    run(command)
