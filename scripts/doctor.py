"""`sweepbox doctor`: examine a Pascal VOC data set, list every defect, and tell whether a config fits it."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweepbox.scripts.cli import run
from sweepbox.scripts.data_option import local_data

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from sweepbox.detection.config.reading import ReadConfig
    from sweepbox.detection.data.dataset.checks import ExaminedAnnotation
    from sweepbox.detection.data.dataset.doctor import DoctorReport, Sizes
    from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes

LEAST_IMAGES = 3
"""How many images a class needs to be in every part of a split."""


def command(
    data: Annotated[
        Path,
        typer.Argument(
            parser=local_data,
            metavar="PATH|URI",
            help="Folder with images and Pascal VOC annotations; with --config also prepared records.",
        ),
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    label_map: Annotated[
        Path | None,
        typer.Option(help="Hold class names against this.", show_default="DATA/label_map.pbtxt if there"),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A pipeline.config: does it fit the data, and what would fit better?")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="PATH=VALUE: change the config first; may be repeated.", metavar="EDIT"),
    ] = None,
) -> None:
    """Examine a Pascal VOC data set: counts and sizes by class, and every defect with file and object.

    With --config also: which boxes the config's anchors meet, by class and size, settings under which they meet
    more, and known mistakes of configs with their remedies (docs/fit.md).

    Ends with status 1 if a defect of the data or a setting of the config would break training, else with 0.
    docs/data.md lists the layouts of folders and the limits on the sizes of files.
    """
    from sweepbox.scripts.console import plain_console

    read = _read(config, set_ or ())
    images: list[ExaminedAnnotation] = []
    report = None
    if read is None or not _is_prepared(data):
        keep = None if read is None else images.append
        report = _examine(data, label_map, on_examined=keep, is_quiet=as_json)
        if not as_json:
            _print_report(plain_console(), report)
    diagnosis = None
    if read is not None and config is not None:
        from sweepbox.detection.diagnosis.diagnosis import diagnose
        from sweepbox.scripts.diagnosis_tables import print_diagnosis

        diagnosis = diagnose(read, _boxes(data, report, images, is_quiet=as_json), path=config)
        if not as_json:
            print_diagnosis(plain_console(), diagnosis)
    if as_json:
        entries = report.to_json() if report else {"folder": str(data)}
        entries |= {"config": diagnosis.to_json()} if diagnosis else {}
        sys.stdout.write(json.dumps(entries, indent=2, allow_nan=False) + "\n")
    if (report and report.breaks_training) or (diagnosis and diagnosis.problems):
        raise typer.Exit(1)


def _read(config: Path | None, edits: Sequence[str]) -> "ReadConfig | None":
    """Return the config with its edits; None without one."""
    from sweepbox.detection.config.edits import parse_edit
    from sweepbox.detection.config.load import load_config
    from sweepbox.detection.config.reading import read_with_edits
    from sweepbox.detection.core.errors import UsageError

    if config is None:
        if edits:
            raise UsageError(f"--set {edits[0]} changes a config; name it with --config")
        return None
    return read_with_edits(load_config(config), [parse_edit(text) for text in edits])


def _is_prepared(data: Path) -> bool:
    from sweepbox.detection.data.dataset.prepared import is_prepared

    return is_prepared(data)


def _examine(
    data: Path,
    label_map: Path | None,
    *,
    on_examined: "Callable[[ExaminedAnnotation], None] | None",
    is_quiet: bool,
) -> "DoctorReport":
    """Return the report on photographs."""
    from sweepbox.detection.config.label_map import load_label_map
    from sweepbox.detection.data.dataset.doctor import examine
    from sweepbox.scripts.progress import progress_bar

    known = load_label_map(label_map) if label_map is not None else None
    with progress_bar("examining", is_hidden=is_quiet) as on_progress:
        return examine(data, label_map=known, on_progress=on_progress, on_examined=on_examined)


def _boxes(
    data: Path, report: "DoctorReport | None", examined: "Sequence[ExaminedAnnotation]", *, is_quiet: bool
) -> "AnnotatedBoxes":
    """Return the boxes of examined photographs, or of prepared records where there is no report."""
    from sweepbox.detection.diagnosis.boxes import AnnotatedBoxes, boxes_of_records, image_of_examined

    if report is None:
        if not is_quiet:
            sys.stdout.write(f"{data}: prepared records; their photographs are not examined\n")
        return boxes_of_records(data)
    images = (image_of_examined(item, report.label_map) for item in examined)
    return AnnotatedBoxes.of(image for image in images if image is not None)


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
