"""`sweepbox prepare`: split a Pascal VOC data set and write TFRecords."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from sweepbox.scripts.cli import run

if TYPE_CHECKING:
    from rich.console import Console

LISTED = 20


def command(
    data: Annotated[Path, Argument(help="Folder with images and Pascal VOC annotations.")],
    out: Annotated[Path, Argument(help="Folder to make; it must not exist or be empty.")],
    *,
    validation_fraction: Annotated[float, Option(help="Share of the images kept for validation.")] = 0.15,
    test_fraction: Annotated[float, Option(help="Share kept for the final test; 0 for none.")] = 0.15,
    seed: Annotated[int, Option(help="The same seed splits in the same way.")] = 0,
    shards: Annotated[
        int | None, Option(help="Number of training files.", show_default="one for 256 images")
    ] = None,
    label_map: Annotated[
        Path | None,
        Option(help="Classes and their ids.", show_default="DATA/label_map.pbtxt, else classes by frequency"),
    ] = None,
    skip_damaged: Annotated[bool, Option("--skip-damaged", help="Leave damaged files out.")] = False,
) -> None:
    """Split a Pascal VOC data set into a training, a validation and a test part and write TFRecords.

    OUT gets train-*.tfrecord, validation-*.tfrecord, test-*.tfrecord, label_map.pbtxt and dataset.json, which
    lists every box that was clipped or dropped. The rarest class is in all parts where it has three images;
    identical images are in one part. Neither training nor a search reads the test part. docs/data.md lists the
    layouts of folders and the limits on the sizes of files.
    """
    from sweepbox.detection.config.label_map import load_label_map
    from sweepbox.detection.data.dataset.prepare import PrepareSettings, prepare
    from sweepbox.scripts.console import plain_console
    from sweepbox.scripts.progress import progress_bar

    settings = PrepareSettings(
        validation_fraction=validation_fraction,
        test_fraction=test_fraction,
        seed=seed,
        shards=shards,
        label_map=load_label_map(label_map) if label_map is not None else None,
        skip_damaged=skip_damaged,
    )
    with progress_bar("checking and writing") as on_progress:
        dataset = prepare(data, out, settings, on_progress=on_progress)
    _print_summary(plain_console(), out, dataset.description)


def _print_summary(console: "Console", out: Path, description: Mapping[str, Any]) -> None:
    """Print counts by class and part, and what was changed or lost."""
    from rich.table import Table
    from rich.text import Text

    from sweepbox.detection.data.dataset.defects import NEEDS_DECISION

    table = Table(title=Text(str(out)), title_justify="left")
    parts = tuple(description["splits"])
    for heading in ("id", "class", *parts):
        table.add_column(heading, justify="left" if heading == "class" else "right")
    for entry in description["classes"]:
        table.add_row(str(entry["id"]), Text(entry["name"]), *(str(entry[part]) for part in parts))
    table.add_section()
    for key, label in (("images", "images"), ("images_without_objects", "of these without objects")):
        counts = [str(description["splits"][part][key]) for part in parts]
        table.add_row("", label, *counts)
    console.print(table)
    folders = description["image_folders"]
    if len(folders) > 1:
        line = f"the images of {len(folders)} folders are split anew: {', '.join(folders[:LISTED])}"
        console.print(line, highlight=False, soft_wrap=True)
    for defect in description["notes"]["list"]:
        if defect["kind"] in {kind.value for kind in NEEDS_DECISION}:
            line = f"{defect['file']}: {defect['kind']}: {defect['message']}"
            console.print(line, highlight=False, soft_wrap=True)
    for key, label in (
        ("clipped", "boxes clipped"),
        ("dropped", "boxes dropped"),
        ("left_out", "files left out"),
    ):
        found = description[key]
        console.print(f"{found['count']} {label}", highlight=False)
        for defect in found["list"][:LISTED]:
            place = defect["file"] + (
                "" if defect["object_index"] is None else f": object {defect['object_index']}"
            )
            console.print(f"  {place}: {defect['kind']}: {defect['message']}", highlight=False, soft_wrap=True)
        if found["count"] > LISTED:
            console.print(f"  … and {found['count'] - LISTED} more in dataset.json", highlight=False)


if __name__ == "__main__":
    run(command)
